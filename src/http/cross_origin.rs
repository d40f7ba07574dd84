//! Which web pages may call a path.

/// Which pages may call a path from another origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CrossOrigin {
    /// All of them, as Graph has it.
    #[default]
    Any,
    /// Those of registered single-page applications.
    Registered,
    /// None of them.
    None,
}
