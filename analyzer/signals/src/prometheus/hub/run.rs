//! One batch, asked: merged where it can be, in halves where that fails, alone where only the source can tell.

use super::super::answer::Matrix;
use super::super::client::Session;
use super::batch::{Answer, Batch, Entry, Item, Wanted};
use super::charge::Charge;
use super::core::Core;
use super::fault::{is_down, is_late, may_be_parts};
use super::part::{halves, merged};
use super::slots::Slots;
use super::split::{Split, split};
use super::traffic::Weights;
use super::window::Window;
use futures_util::future::{BoxFuture, join, join_all};
use haldane_core::increment::Missing;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// The longest merged selector, in bytes: some proxies take no larger form than a mebibyte, and encoding it takes up to
/// three bytes for one.
const LONGEST_SELECTOR: usize = 256 << 10;

/// How often one batch may ask halves. Enough to single out a handful of bad members among thousands, and no storm when
/// it is the source that is ill.
const MOST_HALVINGS: u32 = 64;

/// Series from which on a split is done beside the other work of this process.
const LARGE: usize = 500;

/// A batch that is being asked.
pub(super) struct Run {
    core: Arc<Core>,
    batch: Arc<Batch>,
    slots: Slots,
    halvings: AtomicU32,
    answered: AtomicBool,
    /// The last sign that the source is down.
    down: Mutex<Option<Missing>>,
    /// Merged questions that are being asked now.
    under_way: Mutex<BTreeMap<(usize, usize), usize>>,
    /// Where groups came apart, as group and item.
    seams: Mutex<Vec<(usize, usize)>>,
}

impl Run {
    pub(super) fn new(core: Arc<Core>, entries: Vec<Entry>) -> Self {
        Self {
            core,
            batch: Arc::new(Batch::new(&entries)),
            slots: Slots::new(entries),
            halvings: AtomicU32::new(0),
            answered: AtomicBool::new(false),
            down: Mutex::default(),
            under_way: Mutex::default(),
            seams: Mutex::default(),
        }
    }

    /// Asks everything, for as long as members can still use an answer.
    pub(super) async fn run(&self) {
        let source = &self.core.source;
        let session = match source.session() {
            Ok(session) => session,
            Err(why) => return self.slots.give_up(&why),
        };
        self.core.seams.age();
        let parts = self.batch.groups.iter().enumerate().flat_map(|(number, group)| {
            let texts: Vec<&str> = group.items.iter().map(|item| item.selector.text()).collect();
            let parts = self.core.seams.parts(&group.name, &texts);
            parts.into_iter().map(move |(begin, end)| (number, begin..end))
        });
        let all = join_all(parts.map(|(group, part)| self.ask(&session, group, part)));
        // Members give up at the deadline, which began when they asked for the time; what was answered must reach them.
        if tokio::time::timeout(source.deadline() * 4 / 5, all).await.is_err() {
            self.is_down(&source.timed_out());
            let late = std::mem::take(&mut *self.under_way.lock().unwrap_or_else(PoisonError::into_inner));
            late.into_iter().for_each(|((group, begin), end)| self.seam(group, &(begin..end)));
        }
        self.slots.give_up(&source.timed_out());
        self.learn();
    }

    fn learn(&self) {
        let answered = self.answered.load(Relaxed);
        match self.down.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(why) if !answered => self.core.failed(&why),
            Some(_) | None => self.core.breaker.succeeded(),
        }
        // Where nothing was answered at all, it was not for the way it was asked.
        let seams = std::mem::take(&mut *self.seams.lock().unwrap_or_else(PoisonError::into_inner));
        for (group, item) in seams.into_iter().filter(|_| answered) {
            let group = self.batch.groups.get(group);
            if let Some((group, item)) = group.and_then(|group| Some((group, group.items.get(item)?))) {
                self.core.seams.add(&group.name, item.selector.text());
            }
        }
    }

    fn ask<'a>(&'a self, session: &'a Session<'a>, group: usize, part: Range<usize>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Some(of) = self.batch.groups.get(group) else { return };
            let items = of.items.get(part.clone()).unwrap_or_default();
            let Some((text, window)) = merged(of, items) else { return };
            if items.len() > 1 && text.len() > LONGEST_SELECTOR {
                let (left, right) = halves(&part);
                join(self.ask(session, group, left), self.ask(session, group, right)).await;
                return;
            }
            let many = (items.len() > 1).then_some((group, part.clone()));
            match self.question(session, &text, window, items, many).await {
                None => {}
                Some(Ok((matrix, charge))) => {
                    self.deliver(session, (group, part), matrix, window, charge).await
                }
                Some(Err(why)) if items.len() > 1 && may_be_parts(&why) && self.may_halve() => {
                    self.seam(group, &part);
                    let (left, right) = halves(&part);
                    join(self.ask(session, group, left), self.ask(session, group, right)).await;
                }
                Some(Err(why)) => {
                    if items.len() > 1 && is_late(&why) {
                        self.seam(group, &part);
                    }
                    let all = items.iter().flat_map(|item| &item.wanted);
                    all.for_each(|wanted| self.slots.answer(*wanted, Err(why.clone())));
                }
            }
        })
    }

    /// Hands out what was found, and asks alone for what this process cannot tell for certain.
    async fn deliver(
        &self,
        session: &Session<'_>,
        (group, part): (usize, Range<usize>),
        matrix: Matrix,
        window: Window,
        mut charge: Charge<'_>,
    ) {
        let (batch, core) = (self.batch.clone(), self.core.clone());
        let is_large = matrix.series.len() > LARGE;
        let places = part.clone();
        let work = move || {
            let items = batch.groups.get(group).and_then(|group| group.items.get(places));
            split(matrix, items.unwrap_or_default(), window, &core.patterns)
        };
        let done = if is_large { tokio::task::spawn_blocking(work).await.ok() } else { Some(work()) };
        // It ends early only with this process.
        let Some(Split { found, unsure }) = done else { return };
        for (wanted, matrix) in &found {
            if let Some(region) = self.batch.regions.get(wanted.entry) {
                let series = u64::try_from(matrix.series.len()).unwrap_or(u64::MAX);
                *charge.series.entry(region.clone()).or_default() += series;
            }
        }
        drop(charge);
        found.into_iter().for_each(|(wanted, matrix)| self.slots.answer(wanted, Ok(matrix)));
        let items = self.batch.groups.get(group).and_then(|of| of.items.get(part)).unwrap_or_default();
        let alone = unsure.into_iter().filter_map(|(item, place)| {
            let item = items.get(item)?;
            Some((item, *item.wanted.get(place)?))
        });
        join_all(alone.map(|(item, wanted)| self.alone(session, item, wanted))).await;
    }

    /// One question as its member put it.
    async fn alone(&self, session: &Session<'_>, item: &Item, wanted: Wanted) {
        let only = Item { selector: item.selector.clone(), wanted: vec![wanted] };
        let asked = self.question(session, item.selector.text(), wanted.window, &[only], None).await;
        if let Some(answer) = asked {
            self.slots.answer(wanted, answer.map(|(matrix, _)| matrix));
        }
    }

    /// Asks for a selector over a window; nothing when nobody waits for it any more.
    async fn question<'a>(
        &'a self,
        session: &Session<'_>,
        selector: &str,
        window: Window,
        items: &[Item],
        many: Option<(usize, Range<usize>)>,
    ) -> Option<Result<(Matrix, Charge<'a>), Missing>> {
        let _place = self.core.places.acquire().await.ok()?;
        if !self.slots.wait_for(items) {
            return None;
        }
        let under_way = || self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((group, part)) = &many {
            under_way().insert((*group, part.start), part.end);
        }
        let charge = Charge {
            core: &self.core,
            tally: Arc::default(),
            series: Weights::new(),
            questions: self.batch.weights(items),
        };
        let query = super::super::selector::over(selector, window.range());
        let answer: Answer = session.counting(charge.tally.clone()).samples(&query, window.at()).await;
        if let Some((group, part)) = &many {
            under_way().remove(&(*group, part.start));
        }
        match &answer {
            Ok(_) => self.answered.store(true, Relaxed),
            Err(why) if is_down(why) => self.is_down(why),
            // Refused, but by somebody who is there.
            Err(_) => {}
        }
        Some(answer.map(|matrix| (matrix, charge)))
    }

    fn is_down(&self, why: &Missing) {
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.clone());
    }

    fn may_halve(&self) -> bool {
        self.halvings.fetch_add(1, Relaxed) < MOST_HALVINGS
    }

    fn seam(&self, group: usize, part: &Range<usize>) {
        let (left, _) = halves(part);
        self.seams.lock().unwrap_or_else(PoisonError::into_inner).push((group, left.end));
    }
}
