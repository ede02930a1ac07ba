//! `cargo xtask soak`: one engine, hundreds of analyses, photos and adapters in turn. The memory stays
//! as it is, every answer is the first one, and threads that share the engine give the same.

use std::path::PathBuf;
use std::time::Instant;

use jiff::civil::date;
use kerbside_core::analysis::{Analysis, AnalysisRequest};
use kerbside_core::cancel::CancelToken;
use kerbside_core::engine::{Engine, EngineOptions, SEGMENT, Session};
use kerbside_core::photo::Frame;
use kerbside_core::rules::RulePack;

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::{bundled, memory, sort};

const USAGE: &str =
    "cargo xtask soak [--pack DIR] [--photo FILE]... [--adapter DIR]... [--count 500] \
[--threads 8]
  --adapter   an adapter for `segment`, in turn with the pack's own
  --threads   sessions that share the engine in the end";

/// How far the memory may stray from its middle, as a share of it.
const STRAYS: f64 = 0.05;

/// Of the analyses, those before the memory is looked at: caches and the heap fill.
const WARM_UP: f64 = 0.2;

/// What is to be done, and how often.
struct Wish {
    pack: PathBuf,
    photos: Vec<PathBuf>,
    adapters: Vec<PathBuf>,
    count: usize,
    threads: usize,
}

/// One engine and all that it is asked.
struct Soak {
    engine: Engine,
    rules: RulePack,
    photos: Vec<Frame>,
    /// Ids in the engine's table; `None` is the base alone.
    adapters: Vec<Option<String>>,
}

/// Runs the task.
///
/// # Errors
/// If an answer differs from the first one, or the memory is not flat.
pub fn run(args: Args) -> Result<()> {
    let wish = Wish::parse(args)?;
    let soak = Soak::open(&wish)?;
    let first = soak.first_answers()?;
    let start = Instant::now();
    let memory = soak.repeat(wish.count, &first)?;
    let seconds = start.elapsed().as_secs_f64();
    let items: usize = first.iter().flatten().map(|analysis| analysis.items.len()).sum();
    println!(
        "{} analyses of {} photos with {} adapters in {seconds:.0} s, {items} items, all as the first time",
        wish.count,
        soak.photos.len(),
        soak.adapters.len()
    );
    println!("{}", flatness(&memory)?);
    soak.share(wish.threads, &first)?;
    println!("{} threads that share the engine give the same", wish.threads);
    Ok(())
}

impl Soak {
    fn open(wish: &Wish) -> Result<Self> {
        let engine = Engine::open(&wish.pack, &EngineOptions::default())?;
        let own = engine.adapter_of(SEGMENT)?.map(|adapter| adapter.id().to_owned());
        let mut adapters = vec![own];
        for (number, folder) in wish.adapters.iter().enumerate() {
            let id = format!("soak-{number}");
            engine
                .load_adapter(&id, folder)
                .map_err(|e| Failure::from(e).during(folder.display()))?;
            adapters.push(Some(id));
        }
        let photos =
            wish.photos.iter().map(|path| sort::read_photo(path)).collect::<Result<_>>()?;
        Ok(Self { engine, rules: bundled::rule_pack("zurich")?, photos, adapters })
    }

    /// By adapter, then by photo.
    fn first_answers(&self) -> Result<Vec<Vec<Analysis>>> {
        let mut session = self.engine.session();
        let mut answers = Vec::new();
        for adapter in 0..self.adapters.len() {
            self.swap(adapter)?;
            let analyses = (0..self.photos.len()).map(|photo| self.analyze(&mut session, photo));
            answers.push(analyses.collect::<Result<_>>()?);
        }
        Ok(answers)
    }

    /// Analyses in an order that repeats late; private memory after each of them, in bytes.
    fn repeat(&self, count: usize, first: &[Vec<Analysis>]) -> Result<Vec<u64>> {
        let mut session = self.engine.session();
        let mut figures = Vec::new();
        let mut dice = 1u32;
        for number in 0..count {
            // A linear congruential generator (Numerical Recipes): any order that is not a cycle of
            // the cases will do.
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (adapter, photo) = (
                (dice >> 8) as usize % self.adapters.len(),
                (dice >> 16) as usize % self.photos.len(),
            );
            self.swap(adapter)?;
            same(&self.analyze(&mut session, photo)?, &first[adapter][photo], || {
                format!("analysis {number}, adapter {adapter}, photo {photo}")
            })?;
            figures.extend(memory::private());
        }
        Ok(figures)
    }

    /// All photos on each thread, for one adapter after the other: an engine has one at a time.
    fn share(&self, threads: usize, first: &[Vec<Analysis>]) -> Result<()> {
        for (adapter, wanted) in first.iter().enumerate() {
            self.swap(adapter)?;
            let work = |thread: usize| {
                let mut session = self.engine.session();
                (0..self.photos.len()).try_for_each(|turn| {
                    let photo = (thread + turn) % self.photos.len();
                    same(&self.analyze(&mut session, photo)?, &wanted[photo], || {
                        format!("thread {thread}, adapter {adapter}, photo {photo}")
                    })
                })
            };
            std::thread::scope(|scope| {
                let work = &work;
                let start = |thread| scope.spawn(move || work(thread));
                let started: Vec<_> = (0..threads).map(start).collect();
                started.into_iter().try_for_each(|one| one.join().expect("work does not panic"))
            })?;
        }
        Ok(())
    }

    fn swap(&self, adapter: usize) -> Result<()> {
        Ok(self.engine.assign(SEGMENT, self.adapters[adapter].as_deref())?)
    }

    fn analyze(&self, session: &mut Session, photo: usize) -> Result<Analysis> {
        let mut request = AnalysisRequest::new(&self.rules, date(2026, 11, 26).at(19, 0, 0, 0));
        request.context.language = "en".to_owned();
        Ok(session.analyze(&self.photos[photo], &request, &CancelToken::new(), &mut |_| {})?)
    }
}

fn same(found: &Analysis, wanted: &Analysis, which: impl Fn() -> String) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    Err(Failure::new(format!("{}: another answer than the first time", which())))
}

/// The memory in words.
///
/// # Errors
/// If it is not flat.
fn flatness(figures: &[u64]) -> Result<String> {
    let warm = &figures[(figures.len() as f64 * WARM_UP) as usize..];
    let (Some(&least), Some(&most)) = (warm.iter().min(), warm.iter().max()) else {
        return Ok("the memory was not measured: this system has no /proc".to_owned());
    };
    let (middle, half) = ((least + most) as f64 / 2.0, (most - least) as f64 / 2.0);
    let words = format!(
        "private memory {:.1} MB ± {:.2} %, first {:.1} MB, last {:.1} MB",
        middle / 1e6,
        100.0 * half / middle,
        warm[0] as f64 / 1e6,
        warm[warm.len() - 1] as f64 / 1e6
    );
    if half <= STRAYS * middle {
        Ok(words)
    } else {
        Err(Failure::new(format!("{words}: not flat")))
    }
}

impl Wish {
    fn parse(mut args: Args) -> Result<Self> {
        let mut wish = Self {
            pack: bundled::pack(),
            photos: Vec::new(),
            adapters: Vec::new(),
            count: 500,
            threads: 8,
        };
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--pack" => wish.pack = args.path("--pack")?,
                "--photo" => wish.photos.push(args.path("--photo")?),
                "--adapter" => wish.adapters.push(args.path("--adapter")?),
                "--count" => wish.count = args.number("--count")?,
                "--threads" => wish.threads = args.number("--threads")?,
                _ => return Err(Failure::new(format!("unknown option {arg}; {USAGE}"))),
            }
        }
        if wish.photos.is_empty() {
            wish.photos.push(bundled::example_photo());
        }
        Ok(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_is_not_flat() {
        assert!(flatness(&[100_000_000; 500]).unwrap().contains("± 0.00 %"));
        let leak: Vec<u64> = (0..500).map(|n| 100_000_000 + n * 50_000).collect();
        assert!(flatness(&leak).unwrap_err().to_string().contains("not flat"));
        let warming: Vec<u64> = (0..500).map(|n| if n < 50 { 50 } else { 100 }).collect();
        assert!(flatness(&warming).is_ok());
        assert!(flatness(&[]).unwrap().contains("not measured"));
    }
}
