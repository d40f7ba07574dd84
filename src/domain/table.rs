//! Tables whose rows are named by an enum, so that a `match` over the rows is checked for
//! completeness and a row cannot lack a name or a name a row.

use std::fmt;

/// An enum that names the rows of a table. The macro `table!` declares one.
pub trait Table: Copy + Eq + fmt::Debug + Send + Sync + 'static {
    /// What the table says of each variant.
    type Row: 'static;

    /// Every variant, in the order of the table.
    const ALL: &'static [Self];
    /// Every row, in the same order.
    const ROWS: &'static [Self::Row];

    /// The row of this variant.
    fn row(self) -> &'static Self::Row;
}

/// Declares an enum and the table whose rows it names.
macro_rules! table {
    ($(#[$meta:meta])* $vis:vis enum $name:ident: $Row:ty { $($variant:ident = $row:expr),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name {
            $(#[doc = concat!("The row `", stringify!($variant), "`.")] $variant),*
        }

        impl $name {
            /// The row of this variant, in constants too.
            #[inline]
            #[must_use]
            $vis const fn row(self) -> &'static $Row {
                &<Self as $crate::domain::Table>::ROWS[self as usize]
            }
        }

        impl $crate::domain::Table for $name {
            type Row = $Row;
            const ALL: &'static [Self] = &[$(Self::$variant),*];
            const ROWS: &'static [$Row] = &[$($row),*];

            #[inline]
            fn row(self) -> &'static $Row {
                self.row()
            }
        }
    };
}
pub(crate) use table;
