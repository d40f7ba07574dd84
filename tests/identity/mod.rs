//! Who calls, what their token allows, and what they may see.

pub mod attacks;
pub mod issuer_claims;
pub mod issuer_keys;
pub mod issuers;
pub mod permission_matrix;
pub mod provider;
pub mod refusals;
pub mod secrets;
pub mod tenant_isolation;
pub mod token_properties;
pub mod tokens;

crate::support::cases::gather! {
    attacks,
    issuer_claims,
    issuer_keys,
    issuers,
    permission_matrix,
    provider,
    refusals,
    secrets,
    tenant_isolation,
    token_properties,
    tokens,
}
