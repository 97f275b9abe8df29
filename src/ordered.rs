//! Work that many threads do and one reader receives in order.
//!
//! [`map_in_order`] hands out items one after the other, lets every thread of the current rayon pool work on one, and gives
//! the results to `fold` in the order of the items, whichever thread was first. Results that came early wait; a thread that
//! is `AHEAD` items past the one that everybody waits for waits too, so that memory stays bounded.

use std::collections::BTreeMap;
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
        state: Mutex::new(State { early: BTreeMap::new(), next: 0, fold, broken: false }),
        moved: Condvar::new(),
    };
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads() {
            scope.spawn(|_| {
                let _guard = BreakOnPanic(&queue);
                let mut worker = worker();
                loop {
                    let Some((number, item)) = lock(&items).next() else { return };
                    queue.wait_for_turn(number);
                    queue.put(number, work(&mut worker, item));
                }
            });
        }
    });
}

struct Queue<R, F> {
    state: Mutex<State<R, F>>,
    moved: Condvar,
}

struct State<R, F> {
    early: BTreeMap<usize, R>,
    next: usize,
    fold: F,
    broken: bool,
}

impl<R, F: FnMut(R)> Queue<R, F> {
    fn wait_for_turn(&self, number: usize) {
        let state = lock(&self.state);
        let too_early = |state: &mut State<R, F>| number > state.next + AHEAD && !state.broken;
        drop(self.moved.wait_while(state, too_early).unwrap_or_else(PoisonError::into_inner));
    }

    fn put(&self, number: usize, result: R) {
        let mut state = lock(&self.state);
        state.early.insert(number, result);
        let State { early, next, fold, .. } = &mut *state;
        while let Some(result) = early.remove(next) {
            fold(result);
            *next += 1;
        }
        self.moved.notify_all();
    }
}

/// Lets the waiting threads go when this one ends by a panic, so that the panic is seen rather than a standstill.
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
    #[should_panic(expected = "item 5")]
    fn a_panic_is_passed_on() {
        let work = |_: &mut (), item: usize| assert!(item != 5, "item 5");
        map_in_order(0..10 * AHEAD, || (), work, |()| ());
    }
}
