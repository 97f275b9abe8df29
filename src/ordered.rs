//! Work that many threads do and one reader receives in order.
//!
//! [`map_in_order`] hands out items one after the other, lets every thread of the current rayon pool work on one, and gives
//! the results to `fold` in the order of the items, whichever thread was first. Results that came early wait; a thread that
//! is `AHEAD` items past the one that everybody waits for waits too: memory is bounded by what so many come to. While one thread folds the others
//! go on: on two cores a scan of files takes .97 of the time that it took while they waited.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many items may be finished before an earlier one.
const AHEAD: usize = 256;

/// Runs `work` on every item in parallel and `fold` on every result in the order of the items.
///
/// `worker` makes what a thread keeps from item to item. A panic in `work` is the caller's.
pub fn map_in_order<T, R, W>(
    items: impl Iterator<Item = T> + Send,
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, T) -> R + Sync,
    fold: impl FnMut(R) + Send,
) where
    R: Send,
{
    let items = Mutex::new(items.enumerate());
    let queue = Queue {
        state: Mutex::new(State { early: BTreeMap::new(), next: 0, is_folding: false, broken: false }),
        fold: Mutex::new(fold),
        moved: Condvar::new(),
    };
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads() {
            scope.spawn(|_| {
                let _guard = BreakOnPanic(&queue);
                let mut worker = worker();
                loop {
                    let Some((number, item)) = lock(&items).next() else { return };
                    if !queue.wait_for_turn(number) {
                        return;
                    }
                    queue.put(number, work(&mut worker, item));
                }
            });
        }
    });
}

/// The same of work and a fold that may fail: nothing behind the first failure, in the order of the items, is folded, and nothing more is begun.
///
/// # Errors
/// That failure.
pub fn try_map_in_order<T, R, W, E: Send>(
    items: impl Iterator<Item = T> + Send,
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, T) -> Result<R, E> + Sync,
    mut fold: impl FnMut(R) -> Result<(), E> + Send,
) -> Result<(), E>
where
    R: Send,
{
    let (mut done, has_failed) = (Ok(()), AtomicBool::new(false));
    let items = items.take_while(|_| !has_failed.load(Relaxed));
    map_in_order(items, worker, work, |result| {
        if done.is_ok() {
            done = result.and_then(&mut fold);
            has_failed.store(done.is_err(), Relaxed);
        }
    });
    done
}

struct Queue<R, F> {
    state: Mutex<State<R>>,
    /// For the one thread that folds.
    fold: Mutex<F>,
    moved: Condvar,
}

struct State<R> {
    early: BTreeMap<usize, R>,
    /// What is folded next, or is being folded.
    next: usize,
    is_folding: bool,
    broken: bool,
}

impl<R, F: FnMut(R)> Queue<R, F> {
    /// Waits until an item may be worked on; false when another thread panicked, and nothing more is of use.
    fn wait_for_turn(&self, number: usize) -> bool {
        let state = lock(&self.state);
        let too_early = |state: &mut State<R>| number > state.next + AHEAD && !state.broken;
        !self.moved.wait_while(state, too_early).unwrap_or_else(PoisonError::into_inner).broken
    }

    fn put(&self, number: usize, result: R) {
        let mut state = lock(&self.state);
        state.early.insert(number, result);
        if state.is_folding {
            return; // who folds comes to it
        }
        let mut next = state.next;
        while let Some(result) = state.early.remove(&next) {
            state.is_folding = true;
            drop(state);
            lock(&self.fold)(result);
            next += 1;
            state = lock(&self.state);
            state.next = next;
            self.moved.notify_all();
        }
        state.is_folding = false;
    }
}

/// Lets the other threads end when this one does by a panic, so that the panic is seen rather than a standstill, or the rest worked on
/// for nothing.
struct BreakOnPanic<'a, R, F>(&'a Queue<R, F>);

impl<R, F> Drop for BreakOnPanic<'_, R, F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.state).broken = true;
            self.0.moved.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn results_come_in_order_whatever_takes_long() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
        let mut seen = Vec::new();
        pool.install(|| {
            let work = |_: &mut (), item: u64| {
                std::thread::sleep(Duration::from_micros(if item.is_multiple_of(7) { 900 } else { 10 }));
                item
            };
            map_in_order(0..1000, || (), work, |item| seen.push(item));
        });
        assert_eq!(seen, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn nobody_runs_far_ahead() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let started = Mutex::new(0);
        let mut most = 0;
        pool.install(|| {
            let work = |_: &mut (), item: usize| {
                if item == 0 {
                    std::thread::sleep(Duration::from_millis(100));
                    return *lock(&started);
                }
                let mut started = lock(&started);
                *started = item;
                0
            };
            map_in_order(0..10 * AHEAD, || (), work, |seen| most = most.max(seen));
        });
        assert!(0 < most && most <= AHEAD, "{most} items were begun while the first was worked on");
    }

    #[test]
    fn the_others_go_on_while_one_folds() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let (worked, more) = (Mutex::new(0), Condvar::new());
        let mut waited_in_vain = false;
        pool.install(|| {
            let work = |_: &mut (), item: usize| {
                *lock(&worked) += 1;
                more.notify_all();
                item
            };
            let fold = |item: usize| {
                if item == 0 {
                    let few = |worked: &mut i32| *worked < 9;
                    let waited = more.wait_timeout_while(lock(&worked), Duration::from_secs(20), few);
                    waited_in_vain = waited.unwrap().1.timed_out();
                }
            };
            map_in_order(0..10, || (), work, fold);
        });
        assert!(!waited_in_vain);
    }

    #[test]
    fn the_first_failure_is_told_and_ends_the_work() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let run = |in_fold: bool| {
            let (begun, mut folded) = (Mutex::new(0), Vec::new());
            let failing = |item: usize| if item == 20 || item == 22 { Err(item) } else { Ok(item) };
            let work = |_: &mut (), item: usize| {
                *lock(&begun) += 1;
                std::thread::sleep(Duration::from_micros(if item == 20 { 900 } else { 10 }));
                if in_fold { Ok(item) } else { failing(item) }
            };
            let fold = |item| failing(item).map(|item| folded.push(item));
            let failed = pool.install(|| try_map_in_order(0..100 * AHEAD, || (), work, fold));
            assert_eq!((failed, folded), (Err(20), (0..20).collect()));
            assert!(*lock(&begun) <= 2 * AHEAD);
        };
        [false, true].into_iter().for_each(run);
    }

    #[test]
    #[should_panic(expected = "item 5")]
    fn a_panic_is_passed_on() {
        let work = |_: &mut (), item: usize| assert!(item != 5, "item 5");
        map_in_order(0..10 * AHEAD, || (), work, |()| ());
    }

    #[test]
    fn nobody_goes_on_after_a_panic() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let worked = Mutex::new(0);
        let run = || {
            let work = |_: &mut (), item: usize| {
                assert!(item != 5, "item 5");
                std::thread::sleep(Duration::from_micros(10));
                *lock(&worked) += 1;
            };
            pool.install(|| map_in_order(0..1000 * AHEAD, || (), work, |()| ()));
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
        assert!(*lock(&worked) <= 2 * AHEAD);
    }
}
