//! Somebody who is told behind a certificate of an authority of our own.

use crate::{authority, behind_tls};
use haldane_core::policy::NotifySource;
use haldane_signals::notify::{NotTold, Target};

#[tokio::test]
async fn somebody_behind_an_own_authority_is_told_where_it_is_trusted_and_never_by_a_name_that_is_not_theirs()
{
    let (ca, file) = authority();
    let (ours, misnamed) = (behind_tls(&ca, "localhost").await, behind_tls(&ca, "other.example").await);
    let target = |port: u16, trusted: bool| {
        let ca_file = trusted.then(|| file.path().display().to_string());
        let url = format!("https://localhost:{port}/hook?key=s3cret");
        Target::new(&NotifySource { url, token_file: None, ca_file }).unwrap()
    };
    assert_eq!(target(ours, true).tell(b"{}".to_vec()).await, Ok(()));
    for refused in [target(ours, false), target(misnamed, true)] {
        let Err(NotTold::Later(why)) = refused.tell(b"{}".to_vec()).await else { panic!("it was told") };
        assert!(why.contains("certificate") && !why.contains("s3cret"), "{why}");
    }
}
