//! Activation code pools.

use std::collections::HashSet;

use super::activation_code::storable;
use super::listing::{Field, Listed, PrimitiveType, Value, fold};
use super::{ActivationCode, Change, CodeId, IdGenerator, Invalid, PoolId, Timestamp, Validation};

/// The admin defined name of a pool: some visible text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Reads a name of at most `length` characters.
    pub fn parse(text: String, length: usize) -> Result<Self, Invalid> {
        storable("displayName", &text, length)?;
        if text.trim().is_empty() {
            return Err(Invalid::new("displayName", "must not be empty"));
        }
        Ok(Self(text))
    }

    /// A name that was checked before it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it was given.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// The name without regard to case.
    #[must_use]
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// A pool as it is stored. It has no field for codes: they can be given, never read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// System generated.
    pub id: PoolId,
    /// The admin's name for it; two pools may share one.
    pub display_name: DisplayName,
    /// How many codes the pool holds.
    pub code_count: i32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub modified_at: Timestamp,
    /// Rises by one with every change.
    pub revision: i64,
}

/// A pool that a caller asks for, checked but not yet created. Codes keep their order; a code
/// that stands twice in the list is one code and is kept once, or refused where validation is
/// strict.
#[derive(Clone, Debug)]
pub struct PoolDraft {
    /// The admin's name for it.
    pub display_name: DisplayName,
    codes: Vec<ActivationCode>,
    validation: Validation,
}

/// What a PATCH asks of a pool. Codes are appended; there is no way to erase any.
#[derive(Clone, Debug)]
pub struct PoolChange {
    /// The new name, if it changes.
    pub display_name: Change<DisplayName>,
    codes: Vec<ActivationCode>,
    validation: Validation,
}

/// An activation code with the identity it will have.
#[derive(Clone, Debug)]
pub struct NewCode {
    /// Binds the encrypted matching id to its row.
    pub id: CodeId,
    /// The code itself.
    pub code: ActivationCode,
}

/// A pool about to be created: everything about it is decided, so that whoever loses sight of
/// the commit can ask for it by id.
#[derive(Clone, Debug)]
pub struct NewPool {
    /// Made before the insert.
    pub id: PoolId,
    /// The moment of creation.
    pub at: Timestamp,
    /// The admin's name for it.
    pub display_name: DisplayName,
    /// Its codes, no two equal.
    pub codes: Vec<NewCode>,
    /// Whether each ICCID must be the tenant's only one.
    pub unique_iccids: bool,
}

/// A change about to be made to a pool.
#[derive(Clone, Debug)]
pub struct PoolUpdate {
    /// The moment of the change.
    pub at: Timestamp,
    /// The new name, if it changes.
    pub display_name: Option<DisplayName>,
    /// Codes to append, no two equal; those that the pool has already are skipped.
    pub codes: Vec<NewCode>,
    /// Whether each ICCID must be the tenant's only one.
    pub unique_iccids: bool,
}

/// What pools can be filtered and ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the reference's own names")]
pub enum PoolField {
    Id,
    DisplayName,
    CreatedDateTime,
    ModifiedDateTime,
    ActivationCodeCount,
}

impl Field for PoolField {
    const ID: Self = Self::Id;

    fn kind(self) -> PrimitiveType {
        match self {
            Self::Id => PrimitiveType::Guid,
            Self::DisplayName => PrimitiveType::String,
            Self::CreatedDateTime | Self::ModifiedDateTime => PrimitiveType::DateTimeOffset,
            Self::ActivationCodeCount => PrimitiveType::Int,
        }
    }

    fn nullable(self) -> bool {
        false
    }
}

impl Listed for Pool {
    type Field = PoolField;

    fn value(&self, field: PoolField) -> Value {
        match field {
            PoolField::Id => Value::Guid(self.id.uuid()),
            PoolField::DisplayName => Value::String(self.display_name.0.clone()),
            PoolField::CreatedDateTime => Value::DateTimeOffset(self.created_at),
            PoolField::ModifiedDateTime => Value::DateTimeOffset(self.modified_at),
            PoolField::ActivationCodeCount => Value::Int(self.code_count.into()),
        }
    }
}

impl NewPool {
    /// How many codes it comes with.
    #[must_use]
    pub fn code_count(&self) -> i32 {
        i32::try_from(self.codes.len()).unwrap_or(i32::MAX)
    }

    /// The pool as it is once it is stored.
    #[must_use]
    pub fn as_pool(&self) -> Pool {
        Pool {
            id: self.id,
            display_name: self.display_name.clone(),
            code_count: self.code_count(),
            created_at: self.at,
            modified_at: self.at,
            revision: 1,
        }
    }
}

impl PoolDraft {
    /// A draft of codes that were read under `validation`. `claimed_count` is what the caller
    /// says of their number; strict validation holds it to that.
    pub fn new(
        display_name: DisplayName,
        codes: Vec<ActivationCode>,
        claimed_count: Option<i32>,
        validation: Validation,
    ) -> Result<Self, Invalid> {
        let codes = checked_codes(codes, claimed_count, validation)?;
        Ok(Self { display_name, codes, validation })
    }

    /// The pool that this draft becomes at the moment `at`.
    #[must_use]
    pub fn into_new(self, ids: &IdGenerator, at: Timestamp) -> NewPool {
        NewPool {
            id: ids.next(),
            at,
            display_name: self.display_name,
            codes: identified(self.codes, ids),
            unique_iccids: self.validation == Validation::Strict,
        }
    }
}

impl PoolChange {
    /// A change whose codes were read under `validation`. A count that a client read and sends
    /// back is the pool's and not the list's, so that it says nothing here.
    pub fn new(
        display_name: Change<DisplayName>,
        codes: Vec<ActivationCode>,
        validation: Validation,
    ) -> Result<Self, Invalid> {
        let codes = checked_codes(codes, None, validation)?;
        Ok(Self { display_name, codes, validation })
    }

    /// The update that this change becomes at the moment `at`.
    #[must_use]
    pub fn into_update(self, ids: &IdGenerator, at: Timestamp) -> PoolUpdate {
        PoolUpdate {
            at,
            display_name: self.display_name.set(),
            codes: identified(self.codes, ids),
            unique_iccids: self.validation == Validation::Strict,
        }
    }
}

/// Keeps the first of equal codes. Strict validation refuses a count that is not the list's, and
/// one ICCID on two different codes.
fn checked_codes(
    mut codes: Vec<ActivationCode>,
    claimed_count: Option<i32>,
    validation: Validation,
) -> Result<Vec<ActivationCode>, Invalid> {
    let strict = validation == Validation::Strict;
    if let Some(claimed) = claimed_count.filter(|_| strict)
        && usize::try_from(claimed) != Ok(codes.len())
    {
        let reason = format!("is {claimed}, but the list holds {}", codes.len());
        return Err(Invalid::new("activationCodeCount", reason));
    }
    if strict {
        let mut iccids = HashSet::with_capacity(codes.len());
        let twice = codes.iter().position(|code| !iccids.insert(&code.iccid));
        if let Some(place) = twice {
            let target = format!("activationCodes[{place}].integratedCircuitCardIdentifier");
            return Err(Invalid::new(target, "stands in the list already"));
        }
        return Ok(codes);
    }
    let mut seen = HashSet::with_capacity(codes.len());
    let keep: Vec<bool> = codes.iter().map(|code| seen.insert(code)).collect();
    if keep.contains(&false) {
        let mut keep = keep.into_iter();
        codes.retain(|_| keep.next().unwrap_or(true));
    }
    Ok(codes)
}

fn identified(codes: Vec<ActivationCode>, ids: &IdGenerator) -> Vec<NewCode> {
    codes.into_iter().map(|code| NewCode { id: ids.next(), code }).collect()
}
