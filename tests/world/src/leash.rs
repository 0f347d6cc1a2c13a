//! Every process of a world on one leash: when the world goes, they go, whatever the tasks that hold them do.
//!
//! Three nets. A dropped [`Leash`] kills by number, at once and synchronously, also while a panic unwinds. A handle
//! that is dropped kills its process. And when the test itself is killed, the kernel kills each part (`setpriv
//! --pdeathsig`), because then nobody is left to do it. That signal is bound to the *thread* that started the part:
//! start worlds from threads that live as long, as tokio's workers and test threads do.

use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A handle on the list; clones are the same list.
#[derive(Clone, Debug, Default)]
pub struct Leash(Arc<Mutex<List>>);

#[derive(Debug, Default)]
struct List {
    over: bool,
    pids: BTreeSet<i32>,
}

impl Leash {
    /// Puts a new process on it. On a leash that is over, the process is killed instead.
    pub(crate) fn add(&self, pid: Pid) {
        let mut list = self.list();
        if list.over {
            kill(pid);
        } else {
            list.pids.insert(pid.as_raw_nonzero().get());
        }
    }

    /// Takes a process off; before it is waited for, so that its number cannot have become another's.
    pub(crate) fn remove(&self, pid: Pid) {
        self.list().pids.remove(&pid.as_raw_nonzero().get());
    }

    /// The numbers of all processes on it.
    pub fn pids(&self) -> Vec<i32> {
        self.list().pids.iter().copied().collect()
    }

    /// Kills all, now and from now on.
    pub fn end(&self) {
        let mut list = self.list();
        list.over = true;
        std::mem::take(&mut list.pids).into_iter().filter_map(Pid::from_raw).for_each(kill);
    }

    fn list(&self) -> MutexGuard<'_, List> {
        // A set of numbers is whole after every operation on it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kill(pid: Pid) {
    // The only error is that it is gone already, which is what is wanted.
    let _gone = kill_process(pid, Signal::KILL);
}
