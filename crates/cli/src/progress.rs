use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rampart_sources::Progress;

/// Work shorter than this shows no progress.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on standard error while inputs are read, if that takes long and a person is watching.
pub(crate) struct Watch {
    pub(crate) progress: Arc<Progress>,
    done: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    /// Starts watching; nothing is shown when `quiet` or when standard error is no terminal.
    pub(crate) fn start(quiet: bool) -> Self {
        let progress = Arc::new(Progress::default());
        let done = Arc::new(AtomicBool::new(false));
        let show = !quiet && std::io::stderr().is_terminal();
        let thread = show.then(|| {
            let (progress, done) = (Arc::clone(&progress), Arc::clone(&done));
            std::thread::spawn(move || draw(&progress, &done))
        });
        Self { progress, done, thread }
    }

    /// Clears the bar.
    pub(crate) fn stop(mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // The thread only draws; if it panicked, the scan is still right.
            let _ = thread.join();
        }
    }
}

fn draw(progress: &Progress, done: &AtomicBool) {
    let started = std::time::Instant::now();
    while started.elapsed() < PATIENCE {
        std::thread::park_timeout(PATIENCE.saturating_sub(started.elapsed()));
        if done.load(Ordering::Relaxed) {
            return;
        }
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}  {eta} left");
    let bar = ProgressBar::new(progress.total.load(Ordering::Relaxed));
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    while !done.load(Ordering::Relaxed) {
        let (position, total) =
            (progress.done.load(Ordering::Relaxed), progress.total.load(Ordering::Relaxed));
        bar.set_length(total);
        bar.set_position(position);
        bar.set_message(if total > 0 && position == total { "checking" } else { "reading" });
        std::thread::park_timeout(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}
