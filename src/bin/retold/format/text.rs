//! The report for people: a summary, then what was found, by place.

use super::{Style, beyond, counted, down, escaped, lines, more, one_line, order, percent, quoted};
use indicatif::{HumanBytes, HumanCount};
use retold::banding::Banding;
use retold::document::DocId;
use retold::lines::RepeatedLine;
use retold::repetition::FIGURES;
use retold::report::{Cluster, LeakKind, Report};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How many places of a passage are named.
const PLACES: usize = 3;
/// How many characters of a line are quoted.
const QUOTED: usize = 100;

/// Writes the report.
pub fn write(out: &mut dyn Write, report: &Report, style: Style) -> io::Result<()> {
    let mut text = Text { out, report, style };
    text.summary()?;
    text.histogram()?;
    text.clusters()?;
    text.contained()?;
    text.leaks()?;
    text.repeated_lines()?;
    text.boilerplate()?;
    text.passages()?;
    text.repetition()?;
    text.empty()
}

struct Text<'a> {
    out: &'a mut dyn Write,
    report: &'a Report,
    style: Style,
}

impl<'a> Text<'a> {
    /// What was assumed of texts that are not plain UTF-8, if there are any.
    fn encodings(&mut self) -> io::Result<()> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for (_, assumed) in self.report.assumed.iter().filter(|(_, assumed)| assumed.encoding != "UTF-8") {
            *counts.entry(assumed.encoding).or_default() += 1;
        }
        if !counts.is_empty() {
            let read = counts.iter().map(|(encoding, count)| format!("{} as {encoding}", counted(*count, "document")));
            writeln!(self.out, "not UTF-8: {}", read.collect::<Vec<_>>().join(", "))?;
        }
        let replaced: u64 = self.report.assumed.iter().map(|(_, assumed)| assumed.replaced).sum();
        if replaced > 0 {
            writeln!(self.out, "{} held no character and became \u{fffd}", counted(replaced, "place"))?;
        }
        Ok(())
    }

    fn summary(&mut self) -> io::Result<()> {
        let Style { name: bold, quiet, alarm, .. } = self.style;
        let summary = self.report.summary;
        let bytes = HumanBytes(summary.bytes);
        write!(self.out, "{bold}{}{bold:#}, {bytes}", counted(summary.documents, "document"))?;
        for (count, what) in [(summary.empty, "empty"), (summary.skipped, "skipped as no text")] {
            if count > 0 {
                write!(self.out, ", {} {what}", HumanCount(count))?;
            }
        }
        writeln!(self.out)?;
        if let Some(leaks) = &self.report.leaks {
            let (leaks, reference) =
                (counted(leaks.len() as u64, "document"), counted(summary.reference_documents, "document"));
            writeln!(self.out, "{leaks} found in the other set, which has {reference}")?;
            for unseen in super::unseen(self.report) {
                writeln!(self.out, "{quiet}{unseen}{quiet:#}")?;
            }
        }
        let duplicates = match summary.clusters {
            _ if self.report.leaks.is_some() => String::new(),
            0 => "no duplicates".to_owned(),
            clusters => {
                // Of the members that are near, some are the same as each other.
                let members = self.report.clusters.iter().flat_map(|cluster| &cluster.members);
                let same = match members.filter(|member| member.same_as.is_some()).count() {
                    0 => String::new(),
                    same => format!(" ({} the same as another of these)", HumanCount(same as u64)),
                };
                let exact = counted(summary.exact_duplicates, "exact duplicate");
                let near = counted(summary.near_duplicates, "near-duplicate");
                format!("{exact} and {near}{same} in {}", counted(clusters, "cluster"))
            }
        };
        if !duplicates.is_empty() {
            writeln!(self.out, "{duplicates}")?;
        }
        if let Some(contained) = &self.report.contained {
            writeln!(self.out, "{} in longer ones", counted(contained.len() as u64, "document"))?;
        }
        if self.report.parameters.lines.is_some() {
            let repeating = counted(summary.documents_with_repeated_lines, "document");
            let verb = if summary.documents_with_repeated_lines == 1 { "repeats" } else { "repeat" };
            writeln!(self.out, "{repeating} {verb} lines, {}", counted(summary.boilerplate_lines, "boilerplate line"))?;
        }
        if self.report.parameters.passage_tokens.is_some() {
            writeln!(self.out, "{}", counted(summary.passages, "shared passage"))?;
        }
        if self.report.repetition.is_some() {
            let documents = counted(summary.repetitive_documents, "document");
            let all = "--format json has the figures of all";
            writeln!(self.out, "{documents} above a repetition limit of MassiveText{quiet}; {all}{quiet:#}")?;
        }
        self.encodings()?;
        if summary.problems > 0 {
            let problems = counted(summary.problems, "problem");
            writeln!(self.out, "{alarm}{problems}: not all could be read or done{alarm:#}")?;
        }
        let parameters = &self.report.parameters;
        let found = match parameters.banding {
            _ if parameters.exhaustive => "every pair is found".to_owned(),
            Banding { bands, rows } => {
                let share = (down(parameters.recall_at_threshold(), 4) * 100.0).min(99.99);
                let rows = counted(rows.into(), "row");
                format!("{bands} bands of {rows} find {share:.2} % of pairs at the threshold, more above it")
            }
        };
        writeln!(
            self.out,
            "{quiet}near-duplicates: Jaccard of {}-token shingles at least {}, each computed; {found}{quiet:#}",
            parameters.shingle_size, parameters.threshold
        )?;
        if let Some(measured) = self.report.measured_recall {
            let Banding { bands, rows } = parameters.banding;
            let share = down(measured.share(), 5) * 100.0;
            let (found, pairs) = (HumanCount(measured.found), counted(measured.pairs, "pair"));
            writeln!(self.out, "measured recall of {bands} bands of {rows} rows: {share:.3} %, {found} of {pairs}")?;
        }
        Ok(())
    }

    fn histogram(&mut self) -> io::Result<()> {
        let Style { name: bold, number, quiet, .. } = self.style;
        let Some(histogram) = &self.report.histogram else { return Ok(()) };
        self.title("Pairs by similarity", histogram.bins.len())?;
        let most = histogram.bins.iter().map(|bin| bin.pairs).max().unwrap_or_default().max(1);
        let threshold = self.report.parameters.threshold;
        for bin in &histogram.bins {
            let bar = bar(bin.pairs as f64 / most as f64);
            let range = if bin.from == 1.0 { "1".to_owned() } else { format!("{}-{}", bin.from, bin.to) };
            let pairs = HumanCount(bin.pairs).to_string();
            let style = if bin.from < threshold { quiet } else { number };
            writeln!(self.out, "  {range:>9} {style}{bar:<BAR$}{style:#} {pairs:>12}")?;
        }
        self.title("What a threshold would find", histogram.thresholds.len())?;
        for at in &histogram.thresholds {
            let (clusters, removed) = (counted(at.clusters, "cluster"), counted(at.removed, "duplicate"));
            let style = if at.threshold == threshold { bold } else { anstyle::Style::new() };
            writeln!(self.out, "  {style}{:<9} {removed:>20} in {clusters}{style:#}", at.threshold)?;
        }
        self.title("Pairs around the threshold", histogram.below.len() + histogram.above.len())?;
        for pair in histogram.above.iter().rev().chain(&histogram.below) {
            let jaccard = down(pair.jaccard, 4);
            writeln!(self.out, "  {number}{jaccard:.4}{number:#}  {}  {}", self.name(pair.a), self.name(pair.b))?;
        }
        Ok(())
    }

    fn clusters(&mut self) -> io::Result<()> {
        self.title("Clusters", self.report.clusters.len())?;
        for cluster in order::clusters(self.report).into_iter().take(self.style.limit) {
            self.cluster(cluster)?;
        }
        self.more(self.report.clusters.len(), "cluster")
    }

    fn cluster(&mut self, cluster: &Cluster) -> io::Result<()> {
        let Style { name: bold, number, quiet, .. } = self.style;
        let representative = self.name(cluster.representative);
        writeln!(self.out, "  {bold}{representative}{bold:#}")?;
        for member in cluster.members.iter().take(self.style.limit) {
            let name = self.name(member.document);
            if member.is_exact {
                writeln!(self.out, "    {number}same{number:#}   {name}")?;
            } else {
                let (jaccard, contained) = (down(member.jaccard, 3), percent(member.containment));
                write!(self.out, "    {number}{jaccard:.3}{number:#}  {name}")?;
                match member.same_as.map(|other| self.name(other)) {
                    Some(other) => writeln!(self.out, "  {quiet}the same as {other}{quiet:#}")?,
                    None => writeln!(self.out, "  {quiet}{contained} of it is in the first{quiet:#}")?,
                }
            }
        }
        if let Some(more) = beyond(cluster.members.len(), self.style.limit) {
            writeln!(self.out, "    {quiet}and {} more{quiet:#}", HumanCount(more as u64))?;
        }
        Ok(())
    }

    fn contained(&mut self) -> io::Result<()> {
        let Style { number, quiet, .. } = self.style;
        let contained = self.report.contained.as_deref().unwrap_or_default();
        self.title("Documents in longer ones", contained.len())?;
        for found in contained.iter().take(self.style.limit) {
            let (document, within) = (self.name(found.document), self.name(found.within));
            let share = percent(found.containment);
            writeln!(self.out, "  {number}{share:>5}{number:#}  {document}  {quiet}in{quiet:#} {within}")?;
        }
        self.more(contained.len(), "such document")
    }

    fn leaks(&mut self) -> io::Result<()> {
        let Style { number, quiet, .. } = self.style;
        let leaks = self.report.leaks.as_deref().unwrap_or_default();
        self.title("Found in the other set", leaks.len())?;
        for leak in leaks.iter().take(self.style.limit) {
            let (document, within) = (self.name(leak.document), self.name(leak.within));
            let (how, preposition) = match leak.kind {
                LeakKind::Exact => ("same".to_owned(), "as"),
                LeakKind::Near => (format!("{:.3}", down(leak.jaccard, 3)), "as"),
                LeakKind::Contained => (percent(leak.containment), "in"),
            };
            writeln!(self.out, "  {number}{how:<7}{number:#}  {document}  {quiet}{preposition}{quiet:#} {within}")?;
        }
        self.more(leaks.len(), "leak")
    }

    fn repeated_lines(&mut self) -> io::Result<()> {
        let Style { name: bold, number, quiet, .. } = self.style;
        let lines = &self.report.repeated_lines;
        self.title("Repeated lines", lines.len())?;
        for of_document in lines[..lines.len().min(self.style.limit)].chunk_by(|a, b| a.0 == b.0) {
            let name = self.name(of_document[0].0);
            writeln!(self.out, "  {bold}{name}{bold:#}")?;
            let places: Vec<String> = of_document.iter().map(|(_, line)| places_of(line)).collect();
            let width = places.iter().map(String::len).filter(|&width| width <= WIDEST).max().unwrap_or(WIDEST).max(14);
            let has_near = of_document.iter().any(|(_, line)| !line.is_exact());
            for ((_, line), places) in of_document.iter().zip(places) {
                let near = match line.is_exact() {
                    false => format!("nearly ({:.2})  ", down(line.similarity, 2)),
                    true if has_near => " ".repeat("nearly (0.00)  ".len()),
                    true => String::new(),
                };
                let text = quoted(&line.text, QUOTED);
                writeln!(self.out, "    {number}{places:<width$}{number:#}  {quiet}{near}{quiet:#}{text}")?;
            }
        }
        self.more(lines.len(), "repeated line")?;
        Ok(())
    }

    fn boilerplate(&mut self) -> io::Result<()> {
        let Style { number, quiet, .. } = self.style;
        let lines = order::boilerplate(self.report);
        self.title("Boilerplate", lines.len())?;
        for line in lines.iter().take(self.style.limit) {
            let count = HumanCount(line.documents).to_string();
            write!(self.out, "  {number}{count:>7}{number:#} documents  {}", quoted(&line.text, QUOTED))?;
            if let Some(&(document, at)) = line.examples.first() {
                write!(self.out, "  {quiet}{} line {at}{quiet:#}", self.name(document))?;
            }
            writeln!(self.out)?;
        }
        self.more(lines.len(), "boilerplate line")
    }

    fn passages(&mut self) -> io::Result<()> {
        let Style { number, quiet, .. } = self.style;
        let passages = order::passages(self.report);
        self.title("Passages", passages.len())?;
        for passage in passages.iter().take(self.style.limit) {
            let tokens = counted(passage.tokens.into(), "token");
            let told = match passage.period {
                Some(period) => {
                    let places = counted(passage.places.len() as u64, "place");
                    format!("in {places}, the same every {}", counted(period.into(), "token"))
                }
                None => format!("in {}", counted(passage.places.len() as u64, "place")),
            };
            writeln!(self.out, "  {number}{tokens} {told}{number:#}  {}", quoted(&one_line(&passage.text), QUOTED))?;
            for place in passage.places.iter().take(PLACES) {
                writeln!(self.out, "    {}  {quiet}{}{quiet:#}", self.name(place.document), lines(place.lines))?;
            }
            if let Some(more) = beyond(passage.places.len(), PLACES) {
                writeln!(self.out, "    {quiet}and {} more{quiet:#}", HumanCount(more as u64))?;
            }
        }
        self.more(passages.len(), "passage")
    }

    fn repetition(&mut self) -> io::Result<()> {
        let Style { number, quiet, .. } = self.style;
        let exceeding = order::repetitive(self.report);
        self.title("Repetitive documents", exceeding.len())?;
        for (document, repetition) in exceeding.iter().take(self.style.limit) {
            let (figures, name) = (repetition.exceeded().count() as u64, self.name(*document));
            write!(self.out, "  {number}{figures:>2} of {}{number:#}  {name}", FIGURES.len())?;
            if let Some((figure, value)) = repetition.exceeded().next() {
                let (value, name) = (down(value, 3) * 100.0, figure.name.replace('_', " "));
                write!(self.out, "  {quiet}{name} {value:.1} %, limit {:.0} %{quiet:#}", figure.limit * 100.0)?;
            }
            writeln!(self.out)?;
        }
        self.more(exceeding.len(), "repetitive document")
    }

    fn empty(&mut self) -> io::Result<()> {
        self.title("Empty documents", self.report.empty.len())?;
        for &document in self.report.empty.iter().take(self.style.limit) {
            let name = self.name(document);
            writeln!(self.out, "  {name}")?;
        }
        self.more(self.report.empty.len(), "empty document")
    }

    fn title(&mut self, text: &str, count: usize) -> io::Result<()> {
        let Style { title, .. } = self.style;
        if count == 0 { Ok(()) } else { writeln!(self.out, "\n{title}{text}{title:#}") }
    }

    fn more(&mut self, count: usize, what: &str) -> io::Result<()> {
        more(self.out, self.style, count, what, "--limit 0 shows all, --format json too")
    }

    fn name(&self, document: DocId) -> String {
        escaped(&self.report.name(document).with_place()).into_owned()
    }
}

/// How many lines of those that are repeated are numbered.
const NUMBERED: usize = 8;
/// Numbers that take more characters do not move the texts of others.
const WIDEST: usize = 30;

/// The lines where one stands that is repeated.
fn places_of(line: &RepeatedLine) -> String {
    let numbers: Vec<String> = line.lines.iter().take(NUMBERED).map(u64::to_string).collect();
    let more = beyond(line.lines.len(), NUMBERED).map(|more| format!(" and {more} more")).unwrap_or_default();
    format!("lines {}{more}", numbers.join(", "))
}

/// How wide a bar is at most, in characters.
const BAR: usize = 40;

/// A bar as long as this share of the longest, by eighths of a character; not empty for anything.
fn bar(share: f64) -> String {
    let eighths = (share * (BAR * 8) as f64).ceil() as usize;
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    "█".repeat(eighths / 8) + part
}
