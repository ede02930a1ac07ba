//! The learning rate over the steps: a linear way up, then half a cosine down.

/// Linear warm-up and cosine decay (arXiv:1608.03983), as transformers'
/// `get_cosine_with_min_lr_schedule_with_warmup` has it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Schedule {
    /// The highest rate.
    pub peak: f64,
    /// Share of the highest rate that is left at the end.
    pub floor: f64,
    /// Steps of the way up.
    pub warm_up: usize,
    /// All steps.
    pub steps: usize,
}

impl Schedule {
    /// The rate of step `step`, which counts from 1: the first step moves already.
    pub fn rate(&self, step: usize) -> f64 {
        if step < self.warm_up {
            return self.peak * step as f64 / self.warm_up as f64;
        }
        let way =
            (step - self.warm_up) as f64 / self.steps.saturating_sub(self.warm_up).max(1) as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * way.min(1.0)).cos());
        self.peak * (self.floor + (1.0 - self.floor) * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_falls() {
        let schedule = Schedule { peak: 2.0, floor: 0.1, warm_up: 4, steps: 14 };
        let rates: Vec<f64> = (1..=14).map(|step| schedule.rate(step)).collect();
        assert_eq!(rates[..4], [0.5, 1.0, 1.5, 2.0]);
        assert!((rates[8] - 2.0 * (0.1 + 0.9 * 0.5)).abs() < 1e-12, "half way: {}", rates[8]);
        assert!((rates[13] - 0.2).abs() < 1e-12);
        assert!(rates[3..].windows(2).all(|pair| pair[0] > pair[1]));
        let flat = Schedule { peak: 1.0, floor: 1.0, warm_up: 0, steps: 3 };
        assert_eq!(flat.rate(1), 1.0);
    }
}
