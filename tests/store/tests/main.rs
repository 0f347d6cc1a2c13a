//! The store against real files: what it promises to callers, and what it does in trouble.

#[cfg(test)]
mod child;
#[cfg(test)]
mod commit;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod support;
#[cfg(test)]
mod trouble;
