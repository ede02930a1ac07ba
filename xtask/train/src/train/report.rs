//! How a run is going: a bar with loss, samples a second, time left and memory; plain lines where
//! nobody is watching.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use xtask::memory;

use super::learner::Step;
use super::loss::Score;

/// Without a terminal, a line at most this often.
const BETWEEN_LINES: Duration = Duration::from_secs(30);

/// What the person sees.
pub struct Report {
    bar: ProgressBar,
    watched: bool,
    samples_a_step: usize,
    started: Instant,
    taken: usize,
    /// Of the last steps, the later the more.
    loss: Option<f64>,
    last_line: Option<Instant>,
}

impl Report {
    /// A run of `steps` steps, `done` of them taken before.
    pub fn new(steps: usize, done: usize, samples_a_step: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:20} {pos}/{len} {msg}");
        bar.set_style(style.expect("the template above is well formed"));
        bar.set_position(done as u64);
        Self {
            watched: !bar.is_hidden(),
            bar,
            samples_a_step,
            started: Instant::now(),
            taken: 0,
            loss: None,
            last_line: None,
        }
    }

    /// A step was taken; `left` are to come.
    pub fn step(&mut self, number: usize, step: &Step, left: usize) {
        self.taken += 1;
        let loss = step.score.mean_loss();
        self.loss = Some(self.loss.map_or(loss, |mean| 0.9 * mean + 0.1 * loss));
        let words = self.words(step, left);
        self.bar.set_position(number as u64);
        if self.watched {
            self.bar.set_message(words);
        } else if self.last_line.is_none_or(|last| last.elapsed() >= BETWEEN_LINES) || left == 0 {
            self.last_line = Some(Instant::now());
            eprintln!("step {number}: {words}");
        }
    }

    /// The held-out samples were looked at.
    pub fn held_out(&self, number: usize, score: &Score, best: bool) {
        self.say(&format!(
            "step {number}: held-out loss {:.4}, {:.1} % of {} tokens foretold{}",
            score.mean_loss(),
            100.0 * score.accuracy(),
            score.tokens,
            if best { ", the best so far" } else { "" }
        ));
    }

    /// A line of its own.
    pub fn say(&self, words: &str) {
        if self.watched { self.bar.println(words) } else { eprintln!("{words}") }
    }

    /// Nothing more comes.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }

    fn words(&self, step: &Step, left: usize) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        let speed = (self.taken * self.samples_a_step) as f64 / seconds;
        let eta = seconds / self.taken as f64 * left as f64;
        format!(
            "loss {:.4}  gradient {:.3}  lr {:.1e}  {speed:.2} samples/s  {} left  {}",
            self.loss.unwrap_or_default(),
            step.norm,
            step.rate,
            clock(eta),
            resident()
        )
    }
}

/// Hours, minutes and seconds.
fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours}:{minutes:02}:{seconds:02}")
}

/// Private memory and mapped files, in MB.
fn resident() -> String {
    let figures = memory::figures();
    let megabytes = |wanted| {
        let found = figures.iter().find(|(name, _)| *name == wanted);
        found.map_or(0, |(_, bytes)| bytes >> 20)
    };
    format!("{} + {} MB", megabytes("RssAnon"), megabytes("RssFile"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_clocks_do() {
        assert_eq!(clock(3723.4), "1:02:03");
        assert_eq!(clock(59.6), "0:01:00");
    }
}
