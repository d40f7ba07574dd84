//! esimpool: Microsoft Graph's beta API for Intune eSIM activation code pools, self-hosted.
//!
