//! Host names, looked up anew at every poll, and with an end.
//!
//! The system's resolver is asked, because it knows the cluster's search path and `/etc/hosts`. It cannot be called off:
//! a question that hangs holds a thread until the resolver gives up by itself. So a question under way is waited for
//! again by the next poll, instead of a second thread beside it.

use crate::reason::one_line;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::net::lookup_host;
use tokio::task::JoinHandle;
use tokio::time::timeout;

type Asked = JoinHandle<io::Result<Vec<SocketAddr>>>;

/// Looks names up.
#[derive(Default)]
pub(crate) struct Names {
    /// Questions that were not answered in time.
    open: Mutex<BTreeMap<(String, u16), Asked>>,
}

impl Names {
    /// Every address of `host`, sorted, each once; or why there is none, in one line.
    pub(crate) async fn lookup(
        &self,
        host: &str,
        port: u16,
        deadline: Duration,
    ) -> Result<Vec<SocketAddr>, String> {
        let key = (host.to_owned(), port);
        let open = lock(&self.open).remove(&key).filter(|asked| !asked.is_finished());
        let mut asked = open.unwrap_or_else(|| ask(key.clone()));
        let Ok(answered) = timeout(deadline, &mut asked).await else {
            lock(&self.open).insert(key, asked);
            return Err(format!("no answer within {} ms", deadline.as_millis()));
        };
        let found = answered.map_err(|_| "the look-up was cut off".to_owned())?;
        let mut addresses = found.map_err(|e| one_line(&e.to_string()))?;
        addresses.sort_unstable();
        addresses.dedup();
        if addresses.is_empty() { Err("it has no address".to_owned()) } else { Ok(addresses) }
    }
}

fn ask((host, port): (String, u16)) -> Asked {
    tokio::spawn(async move { Ok(lookup_host((host.as_str(), port)).await?.collect()) })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn an_address_and_the_machine_itself_are_found_and_what_is_not_there_is_told() {
        let names = Names::default();
        let here: SocketAddr = "127.0.0.1:81".parse().unwrap();
        assert_eq!(names.lookup("127.0.0.1", 81, SOON).await, Ok(vec![here]));
        assert!(names.lookup("localhost", 81, SOON).await.unwrap().contains(&here));
        assert!(!names.lookup("no-such-host.invalid", 81, SOON).await.unwrap_err().is_empty());
    }

    #[tokio::test]
    async fn a_question_under_way_is_waited_for_and_not_asked_beside_itself() {
        let names = Names::default();
        let (answer, answered) = tokio::sync::oneshot::channel();
        let hangs = tokio::spawn(async move { Ok(answered.await.unwrap_or_default()) });
        lock(&names.open).insert(("db".to_owned(), 1), hangs);
        assert_eq!(names.lookup("db", 1, Duration::ZERO).await, Err("no answer within 0 ms".to_owned()));
        let slow: SocketAddr = "10.0.0.9:1".parse().unwrap();
        answer.send(vec![slow, slow]).unwrap();
        let said = names.lookup("db", 1, SOON).await;
        // Either the same question was answered in the meantime, or it was found finished and asked anew.
        assert!(said == Ok(vec![slow]) || said.is_err(), "{said:?}");
    }
}
