//! The certificates of one plane: an authority of its own, so that clients verify as they would in earnest.

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use std::path::Path;

/// Writes `tls.crt`, `tls.key`, `sa.key` and `sa.pub` into `directory`; the authority's certificate as PEM.
pub(crate) fn write_certificates(directory: &Path) -> Result<String> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "end-to-end authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
    server.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let server = server.signed_by(&key, &authority)?;
    std::fs::write(directory.join("tls.crt"), server.pem())?;
    std::fs::write(directory.join("tls.key"), key.serialize_pem())?;

    let accounts = KeyPair::generate()?;
    std::fs::write(directory.join("sa.key"), accounts.serialize_pem())?;
    std::fs::write(directory.join("sa.pub"), accounts.public_key_pem())?;
    Ok(authority.pem())
}
