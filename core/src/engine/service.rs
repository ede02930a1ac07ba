//! Which adapter a task runs with, and how sure its answers are.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::certainty::Calibration;
use crate::pack::Manifest;

/// How one task is done.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Service {
    /// Id in the table of adapters; `None` runs the base alone.
    pub adapter: Option<String>,
    /// Measured with this adapter, or the default.
    pub calibration: Calibration,
}

impl Service {
    /// As the pack has it.
    fn of_pack(manifest: &Manifest, task: &str) -> Self {
        let adapter = manifest.tasks.get(task).cloned();
        Self { adapter, calibration: manifest.calibration.get(task).copied().unwrap_or_default() }
    }
}

/// The services that all sessions of an engine share. A task that is not here runs on the base.
#[derive(Debug)]
pub(super) struct Services(Mutex<BTreeMap<String, Service>>);

impl Services {
    pub fn of(manifest: &Manifest) -> Self {
        let tasks = manifest.tasks.keys().chain(manifest.calibration.keys());
        let services = tasks.map(|task| (task.clone(), Service::of_pack(manifest, task)));
        Self(Mutex::new(services.collect()))
    }

    pub fn of_task(&self, task: &str) -> Service {
        self.lock().get(task).cloned().unwrap_or_default()
    }

    pub fn assign(&self, manifest: &Manifest, task: &str, adapter: Option<String>) {
        let own = Service::of_pack(manifest, task);
        let service = if own.adapter == adapter {
            own
        } else {
            Service { adapter, calibration: Calibration::default() }
        };
        self.lock().insert(task.to_owned(), service);
    }

    pub fn calibrate(&self, task: &str, calibration: Calibration) {
        self.lock().entry(task.to_owned()).or_default().calibration = calibration;
    }

    /// A panic of another holder leaves the table whole: every change of it is one call.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Service>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certainty::{LabelCurve, PlaceCurve};
    use crate::pack::fixture::sample_manifest;

    #[test]
    fn a_calibration_counts_only_for_the_adapter_it_was_measured_with() {
        let mut manifest = sample_manifest();
        let numbers = Calibration {
            place: PlaceCurve { bias: -1.0, corners: 0.5, area: 0.25 },
            label: LabelCurve { bias: 0.5, label: 0.75 },
            floor: 0.25,
        };
        manifest.calibration.insert("segment".into(), numbers);
        let services = Services::of(&manifest);
        let own = services.of_task("segment");
        assert_eq!((own.adapter.as_deref(), own.calibration), (Some("cut"), numbers));
        services.assign(&manifest, "segment", Some("other".into()));
        let other = services.of_task("segment");
        assert_eq!(
            (other.adapter.as_deref(), other.calibration),
            (Some("other"), Calibration::default())
        );
        services.calibrate("segment", own.calibration);
        assert_eq!(services.of_task("segment").calibration, own.calibration);
        services.assign(&manifest, "segment", None);
        assert_eq!(services.of_task("segment"), Service::default());
        services.assign(&manifest, "segment", Some("cut".into()));
        assert_eq!(services.of_task("segment"), own);
        assert_eq!(services.of_task("dispose"), Service::default());
    }
}
