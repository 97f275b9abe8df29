//! When the comparisons of a component are filtered by prefixes ([`PrefixFilter`]), and when no more.
//!
//! A filter is made when failed comparisons have cost more than that does. From then on it has an account, in steps of a look-up. What comparing
//! costs without it is measured now and then; a look-up that tells has saved that, less itself and the comparisons that are left, and one that
//! cannot tell for as much was for nothing. When more was for nothing than saved, by a share of what comparing has cost so far,
//! the filter rests. So whatever documents come, it costs little more than comparing with all candidates would.

use super::share;
use crate::prefixes::PrefixFilter;
use crate::similarity::ShingleSet;

/// When failed comparisons among so many documents that are kept have cost more than that, in those that masks tell, they are filtered:
/// making the filter takes a third of the time of reading the documents, and of few a look-up cannot tell. 256 for each document; of many,
/// who have more to come, 64: of sentences that differ in three numbers, which have some 220 at .8, that leaves two fifths of the time.
/// The bench corpus has 69 each among 3,393.
fn most_cost(kept: usize) -> usize {
    const MANY: usize = 8192;
    (256 * kept).min(64 * MANY).max(64 * kept)
}

/// A filter that takes more memory is given up: some 800,000 documents of 300 shingles at .7.
const MOST_BYTES: usize = 1 << 30;

/// What failed comparisons have cost: each, and each shingle that was looked at, of texts that share their beginning thousands.
#[derive(Clone, Copy, Default)]
pub(super) struct Spent {
    failures: usize,
    shingles: usize,
}

impl Spent {
    /// Adds a comparison that failed after so many shingles.
    pub(super) fn add(&mut self, shingles: usize) {
        self.failures += 1;
        self.shingles += shingles;
    }

    /// In comparisons that masks tell, of 0.1 us.
    fn comparisons(self) -> usize {
        self.failures + self.shingles / 64
    }

    /// In steps of a look-up, of 25 to 50 ns; a shingle takes 1 to 3.
    fn steps(self) -> usize {
        2 * self.failures + self.shingles / 16
    }
}

/// How the comparisons of a component are filtered.
pub(super) enum Filter {
    /// Not yet: those that did not reach the threshold cost so much.
    Waiting(Spent),
    /// By the prefixes of the documents that were kept, while that pays.
    Working(Box<PrefixFilter>, Account),
    /// No more.
    GivenUp,
}

impl Default for Filter {
    fn default() -> Self {
        Self::Waiting(Spent::default())
    }
}

impl Filter {
    /// Notes what comparing a document has cost, of which it was asked last. Whether the prefixes of so many are wanted now.
    pub(super) fn note(&mut self, spent: Spent, kept: usize) -> bool {
        match self {
            Self::Waiting(all) => {
                all.failures += spent.failures;
                all.shingles += spent.shingles;
                all.comparisons() > most_cost(kept)
            }
            Self::Working(_, account) => {
                account.note(spent.steps(), kept);
                false
            }
            Self::GivenUp => false,
        }
    }

    /// Filters by these prefixes from now on.
    pub(super) fn begin(&mut self, prefixes: Option<PrefixFilter>) {
        let compared = if let Self::Waiting(spent) = self { spent.steps() } else { 0 };
        *self = match prefixes {
            Some(prefixes) => Self::Working(Box::new(prefixes), Account { compared, ..Account::default() }),
            None => Self::GivenUp,
        };
    }

    /// Whether documents may be looked up.
    pub(super) fn is_working(&self) -> bool {
        matches!(self, Self::Working(..))
    }

    /// Whether it has saved more than it has cost since it rested last.
    #[cfg(test)]
    pub(super) fn saves(&self) -> bool {
        matches!(self, Self::Working(_, account) if account.saved > 0)
    }

    /// Whether it has rested.
    #[cfg(test)]
    pub(super) fn has_rested(&self) -> bool {
        matches!(self, Self::Working(_, account) if account.rests_until > 0)
    }

    /// Adds a document that is kept, if it could be read.
    pub(super) fn push(&mut self, set: Option<&ShingleSet>) {
        if let Self::Working(prefixes, _) = self {
            prefixes.push(set);
            if takes_too_much(prefixes) {
                *self = Self::GivenUp;
            }
        }
    }

    /// Calls `visit` with those of so many documents that are kept that may be like this one; false when that cannot be told, or would cost
    /// more than comparing all.
    pub(super) fn look_up(&mut self, set: &ShingleSet, kept: usize, visit: impl FnMut(u32)) -> bool {
        let Self::Working(prefixes, account) = self else { return false };
        let Some(most) = account.steps(kept) else { return false };
        let taken = prefixes.look_up(set, most, visit);
        account.last = taken.map_or(LookUp::InVain(most), LookUp::Told);
        taken.is_some()
    }
}

/// Whether prefixes take more memory than they may.
pub(super) fn takes_too_much(prefixes: &PrefixFilter) -> bool {
    prefixes.bytes() > share(MOST_BYTES)
}

/// What a filter has cost and saved, in steps.
#[derive(Default)]
pub(super) struct Account {
    /// What comparing documents has cost that were not filtered.
    compared: usize,
    /// What was saved, less what was for nothing; at most a [`SHARE`] of `compared`, so that it rests soon when others come.
    saved: isize,
    /// How many documents were measured that were not filtered, and what they cost together: each time that a quarter more are kept, as
    /// those that come next may be of another kind.
    measured: usize,
    cost: usize,
    /// How many were kept when that began.
    measured_at: usize,
    /// It rests until so many are kept.
    rests_until: usize,
    last: LookUp,
}

/// The part of what comparing costs that may be for nothing.
const SHARE: usize = 8;
/// So many documents are measured.
const MEASURED: usize = 5;

/// What was looked up for the last document, with the steps that it took.
#[derive(Clone, Copy, Default)]
enum LookUp {
    #[default]
    None,
    InVain(usize),
    Told(usize),
}

impl Account {
    /// Notes what comparing the last document has cost, when so many are kept.
    fn note(&mut self, spent: usize, kept: usize) {
        let signed = |steps: usize| isize::try_from(steps).unwrap_or(isize::MAX);
        match std::mem::take(&mut self.last) {
            LookUp::Told(steps) => self.saved += signed(self.cost / MEASURED) - signed(steps + spent),
            LookUp::InVain(steps) => {
                self.saved -= signed(steps);
                self.compared += spent;
            }
            LookUp::None => {
                self.compared += spent;
                if self.measured < MEASURED {
                    self.measured += 1;
                    self.cost += spent;
                }
            }
        }
        let most = signed(self.compared / SHARE);
        if self.saved < -most {
            (self.saved, self.rests_until) = (0, 2 * kept);
        }
        self.saved = self.saved.min(most);
    }

    /// How many steps a look-up among so many documents may take: as many as it may save; none for a document that is to be compared with
    /// all.
    fn steps(&mut self, kept: usize) -> Option<usize> {
        if kept > self.measured_at + self.measured_at / 4 {
            (self.measured, self.cost, self.measured_at) = (0, 0, kept);
        }
        (kept >= self.rests_until && self.measured == MEASURED).then_some(self.cost / MEASURED)
    }
}
