//! Where a page ended, as an opaque text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::domain::{Invalid, PoolId};

/// The form of the cursor, so that an old link is refused rather than misread.
const VERSION: u8 = 1;

pub(super) fn write(last: PoolId) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(last.uuid().as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn read(text: &str) -> Result<PoolId, Invalid> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let id = bytes.as_deref().and_then(|bytes| match bytes.split_first() {
        Some((&VERSION, id)) => Uuid::from_slice(id).ok(),
        _ => None,
    });
    id.map(PoolId::from).ok_or_else(|| {
        Invalid::new(
            "$skiptoken",
            "must be taken unchanged from an @odata.nextLink of this service",
        )
    })
}
