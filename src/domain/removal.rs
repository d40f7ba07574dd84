//! The removal of free codes.

/// What became of the codes that were to be removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// The number of codes that were removed: they were free.
    pub removed: u64,
    /// The number of codes that are left, as they are no longer free.
    pub left: u64,
}
