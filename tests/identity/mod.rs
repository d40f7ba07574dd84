//! Who calls, what their token allows, and what they may see.

mod attacks;
mod device_codes;
mod hostile_pages;
mod issuer_algorithms;
mod issuer_claims;
mod issuer_failures;
mod issuer_keys;
mod issuers;
mod microsofts_permissions;
mod permission_matrix;
mod permission_use;
mod provider;
mod provider_clients;
mod provider_issuer;
mod refusals;
mod secrets;
mod sign_in;
mod sign_in_applications;
mod sign_in_attacks;
mod tenant_isolation;
mod token_properties;
mod tokens;

crate::support::cases::gather! {
    attacks,
    device_codes,
    hostile_pages,
    issuer_algorithms,
    issuer_claims,
    issuer_failures,
    issuer_keys,
    issuers,
    microsofts_permissions,
    permission_matrix,
    permission_use,
    provider,
    provider_clients,
    provider_issuer,
    refusals,
    secrets,
    sign_in,
    sign_in_applications,
    sign_in_attacks,
    tenant_isolation,
    token_properties,
    tokens,
}
