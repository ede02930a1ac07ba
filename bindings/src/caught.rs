//! A panic inside becomes an error: an app must not die of one photo.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Result, SorterError};

/// What `work` gives, or [`SorterError::Internal`] if it panics. Whatever it may have left half
/// done must be thrown away by its owner.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(SorterError::internal(&words(panic.as_ref()))))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_words() {
        let plain = caught::<()>(|| panic!("the floor is lava")).unwrap_err().to_string();
        assert!(plain.contains("the floor is lava") && plain.contains("try again"), "{plain}");
        let index = caught(|| Ok([1, 2][std::hint::black_box(7)])).unwrap_err().to_string();
        assert!(index.contains("index out of bounds"), "{index}");
        let odd = caught::<()>(|| std::panic::panic_any(7)).unwrap_err().to_string();
        assert!(odd.contains("without words"), "{odd}");
        assert_eq!(caught(|| Ok(7)).unwrap(), 7);
    }
}
