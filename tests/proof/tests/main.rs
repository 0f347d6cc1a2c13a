//! The proof in short, and the page held against what is stored.

#[cfg(test)]
mod page;
#[cfg(test)]
mod peers;
#[cfg(test)]
mod regions;
#[cfg(test)]
mod short;
