//! What part of a collection a caller wants.

/// A page of a collection, in the order of creation.
#[derive(Clone, Debug)]
pub struct Listing<Id> {
    /// Only what comes after this one.
    pub after: Option<Id>,
    /// At most so many, at least one.
    pub limit: u32,
}

/// One page, and whether another follows it.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The entities of this page.
    pub items: Vec<T>,
    /// Whether there is more behind the last of them.
    pub more: bool,
}
