//! Progress on standard error, on a terminal only.

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use retold::progress::{Progress, Stage};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// How often the bar is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Runs `work` while a bar shows how far it is, if that is wanted and standard error is a terminal.
pub fn shown<T: Send>(wanted: bool, work: impl FnOnce(&Progress) -> T + Send) -> T {
    let progress = Progress::default();
    if !wanted || !std::io::stderr().is_terminal() {
        return work(&progress);
    }
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Without a thread for it there is no bar.
        let bar = std::thread::Builder::new().spawn_scoped(scope, || show(&progress, &is_over)).ok();
        let _end = bar.as_ref().map(|bar| End { is_over: &is_over, bar: bar.thread() });
        work(&progress)
    })
}

/// Ends the bar when it goes, also by a panic.
struct End<'a> {
    is_over: &'a AtomicBool,
    bar: &'a Thread,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.is_over.store(true, Relaxed);
        self.bar.unpark();
    }
}

fn show(progress: &Progress, is_over: &AtomicBool) {
    let started = Instant::now();
    let bar = ProgressBar::new(0);
    // The template is a constant; were it wrong, the default style would do.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:<9} {bar:30} {msg}") {
        bar.set_style(style);
    }
    let mut stage = None;
    let mut stage_started = started;
    while !is_over.load(Relaxed) {
        std::thread::park_timeout(TICK);
        let now = progress.stage();
        if stage != Some(now) {
            stage = Some(now);
            stage_started = Instant::now();
            bar.set_prefix(name(now));
        }
        let (done, total) = (progress.done.load(Relaxed), progress.total.load(Relaxed));
        bar.set_length(total);
        bar.set_position(done);
        bar.set_message(message(progress, now, started, stage_started.elapsed()));
        bar.tick();
    }
    bar.finish_and_clear();
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Finding => "finding",
        Stage::Reading => "reading",
        Stage::Matching => "matching",
        Stage::Comparing => "comparing",
        Stage::Reporting => "reporting",
    }
}

fn message(progress: &Progress, stage: Stage, started: Instant, elapsed: Duration) -> String {
    let (documents, bytes) = (progress.documents.load(Relaxed), progress.bytes.load(Relaxed));
    let (done, total) = (progress.done.load(Relaxed), progress.total.load(Relaxed));
    match stage {
        Stage::Reading => {
            let rate = bytes as f64 / started.elapsed().as_secs_f64().max(1e-3);
            let left = elapsed.mul_f64(total.saturating_sub(done) as f64 / done.max(1) as f64);
            format!(
                "{} documents, {}, {}/s, {} s left",
                HumanCount(documents),
                HumanBytes(bytes),
                HumanBytes(rate as u64),
                left.as_secs()
            )
        }
        Stage::Comparing => format!("{} of {} documents", HumanCount(done), HumanCount(total)),
        _ => String::new(),
    }
}
