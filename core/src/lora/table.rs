//! The adapters in memory, under a budget: the least recently used one leaves first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::adapter::{BaseModel, LoraAdapter};
use super::error::LoraError;
use crate::pack::AdapterFiles;

/// Adapters by id, shared by all sessions. One that leaves while in use lives on until it is let go.
#[derive(Debug)]
pub struct AdapterTable {
    base: BaseModel,
    budget: usize,
    /// Least recently used first.
    loaded: Mutex<Vec<Arc<LoraAdapter>>>,
}

/// One line of [`AdapterTable::list`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterInfo {
    /// Its name.
    pub id: String,
    /// Length in memory, in bytes.
    pub bytes: usize,
}

impl AdapterTable {
    /// An empty table for the adapters of one base, which may take `budget` bytes together.
    pub fn new(base: impl Into<BaseModel>, budget: usize) -> Self {
        Self { base: base.into(), budget, loaded: Mutex::default() }
    }

    /// Reads an adapter and puts it into the table, in the place of one with the same id. Others
    /// leave where the budget asks for it, the least recently used first.
    ///
    /// # Errors
    /// Those of [`LoraAdapter::read`], and [`LoraError::TooLarge`]; the table is then as it was.
    pub fn load(&self, id: &str, files: &AdapterFiles) -> Result<Arc<LoraAdapter>, LoraError> {
        let adapter = Arc::new(LoraAdapter::read(id, files, &self.base)?);
        let bytes = adapter.byte_len();
        if bytes > self.budget {
            return Err(LoraError::TooLarge { id: id.to_owned(), bytes, budget: self.budget });
        }
        let mut loaded = self.lock();
        loaded.retain(|other| other.id() != id);
        while bytes + total(&loaded) > self.budget {
            loaded.remove(0);
        }
        loaded.push(adapter.clone());
        Ok(adapter)
    }

    /// The adapter of that name, now the most recently used. Allocates nothing.
    ///
    /// # Errors
    /// [`LoraError::NotLoaded`], listing what is.
    pub fn get(&self, id: &str) -> Result<Arc<LoraAdapter>, LoraError> {
        let mut loaded = self.lock();
        let Some(place) = loaded.iter().position(|a| a.id() == id) else {
            let ids: Vec<&str> = loaded.iter().map(|a| a.id()).collect();
            let ids = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
            return Err(LoraError::NotLoaded { id: id.to_owned(), loaded: ids });
        };
        loaded[place..].rotate_left(1);
        Ok(loaded[loaded.len() - 1].clone())
    }

    /// Takes an adapter out of the table; whether it was there.
    pub fn unload(&self, id: &str) -> bool {
        let mut loaded = self.lock();
        let before = loaded.len();
        loaded.retain(|a| a.id() != id);
        loaded.len() < before
    }

    /// The adapters in memory, least recently used first.
    pub fn list(&self) -> Vec<AdapterInfo> {
        let info = |a: &Arc<LoraAdapter>| AdapterInfo { id: a.id().into(), bytes: a.byte_len() };
        self.lock().iter().map(info).collect()
    }

    /// Length of all of them in memory, in bytes.
    pub fn byte_len(&self) -> usize {
        total(&self.lock())
    }

    /// A panic of another holder leaves the list whole: every change of it is one call.
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<LoraAdapter>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn total(loaded: &[Arc<LoraAdapter>]) -> usize {
    loaded.iter().map(|a| a.byte_len()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::adapter::tests::{base, sample_files};
    use super::*;

    /// Room for `count` adapters of the sample's size.
    fn table(count: usize) -> AdapterTable {
        let one = LoraAdapter::read("x", &sample_files(), &base()).unwrap().byte_len();
        AdapterTable::new(base(), count * one)
    }

    fn ids(table: &AdapterTable) -> Vec<String> {
        table.list().into_iter().map(|info| info.id).collect()
    }

    #[test]
    fn the_least_recently_used_adapter_leaves() {
        let table = table(2);
        let first = table.load("first", &sample_files()).unwrap();
        table.load("second", &sample_files()).unwrap();
        table.get("first").unwrap();
        table.load("third", &sample_files()).unwrap();
        assert_eq!(ids(&table), ["first", "third"]);
        table.load("fourth", &sample_files()).unwrap();
        assert_eq!(ids(&table), ["third", "fourth"]);
        assert!(first.language(1).o().is_some(), "in use, it lives on");
        let error = table.get("first").unwrap_err().to_string();
        assert!(error.contains("first is not loaded; loaded are: third, fourth"), "{error}");
    }

    #[test]
    fn loading_again_replaces_and_unloading_removes() {
        let table = table(2);
        for id in ["a", "b", "a"] {
            table.load(id, &sample_files()).unwrap();
        }
        assert_eq!(ids(&table), ["b", "a"]);
        assert_eq!(table.byte_len(), table.list()[0].bytes * 2);
        assert!(table.unload("b") && !table.unload("b"));
        assert_eq!(ids(&table), ["a"]);
    }

    #[test]
    fn what_cannot_be_loaded_leaves_the_table_as_it_was() {
        let (full, tiny) = (table(1), table(0));
        full.load("a", &sample_files()).unwrap();
        let mut broken = sample_files();
        broken.tensors.truncate(100);
        assert!(matches!(full.load("a", &broken), Err(LoraError::File { .. })));
        assert_eq!(ids(&full), ["a"]);
        assert!(matches!(tiny.load("a", &sample_files()), Err(LoraError::TooLarge { .. })));
    }

    #[test]
    fn getting_shares_one_adapter() {
        let table = table(1);
        let loaded = table.load("a", &sample_files()).unwrap();
        assert!(Arc::ptr_eq(&loaded, &table.get("a").unwrap()));
    }
}
