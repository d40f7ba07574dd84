//! How long a page may be.

/// The longest page of a response, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageBytes(pub(super) usize);
