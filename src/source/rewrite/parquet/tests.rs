//! Files of all kinds of columns, read before and after, row by row and level by level.

use super::*;
use crate::source::Fields;
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, DoubleType, FixedLenByteArrayType, Int32Type, Int96, Int96Type};
use parquet::file::metadata::{KeyValue, PageIndexPolicy, ParquetMetaDataReader, SortingColumn};
use parquet::file::properties::WriterVersion;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::slice::from_ref;

const SCHEMA: &str = "message table {
    required binary text (UTF8);
    optional int64 number = 7;
    optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
    optional group deep (LIST) = 3 { repeated group list { required group element (LIST) { repeated group list {
        required int32 element; } } } }
    required int96 stamp;
    required fixed_len_byte_array(3) code;
    optional double score;
    optional group in { optional binary body (UTF8); required boolean flag; }
}";

/// A row of that schema.
#[derive(Clone, Debug)]
struct Line {
    text: String,
    number: Option<i64>,
    tags: Option<Vec<Option<String>>>,
    deep: Option<Vec<Vec<i32>>>,
    stamp: [u32; 3],
    code: [u8; 3],
    score: Option<f64>,
    body: Option<Option<String>>,
}

/// What of a column is written for one row: levels of definition and repetition, and values.
type Cells<T> = (Vec<i16>, Vec<i16>, Vec<T>);

/// A cell that is no list: a value at the highest level, or a null.
fn flat<T>(value: Option<T>, highest: i16) -> Cells<T> {
    (vec![if value.is_some() { highest } else { 0 }], vec![0], value.into_iter().collect())
}

fn tags(line: &Line) -> Cells<ByteArray> {
    let Some(tags) = &line.tags else { return (vec![0], vec![0], vec![]) };
    if tags.is_empty() {
        return (vec![1], vec![0], vec![]);
    }
    let definitions = tags.iter().map(|tag| if tag.is_some() { 3 } else { 2 }).collect();
    let values = tags.iter().flatten().map(|tag| tag.as_str().into()).collect();
    (definitions, (0..tags.len()).map(|at| i16::from(at > 0)).collect(), values)
}

fn deep(line: &Line) -> Cells<i32> {
    let mut cells = (vec![], vec![], vec![]);
    let mut push = |definition, repetition, value: Option<i32>| {
        cells.0.push(definition);
        cells.1.push(repetition);
        cells.2.extend(value);
    };
    match &line.deep {
        None => push(0, 0, None),
        Some(lists) if lists.is_empty() => push(1, 0, None),
        Some(lists) => lists.iter().enumerate().for_each(|(outer, list)| {
            if list.is_empty() {
                push(2, i16::from(outer > 0), None);
            }
            for (inner, &value) in list.iter().enumerate() {
                push(3, if inner > 0 { 2 } else { i16::from(outer > 0) }, Some(value));
            }
        }),
    }
    cells
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    lines: &[Line],
    cells: impl Fn(&Line) -> Cells<T::T>,
) {
    let mut column = group.next_column().unwrap().unwrap();
    let (mut definitions, mut repetitions, mut values) = (vec![], vec![], vec![]);
    for line in lines {
        let cells = cells(line);
        definitions.extend(cells.0);
        repetitions.extend(cells.1);
        values.extend(cells.2);
    }
    let typed = column.typed::<T>();
    let (definition, repetition) = (typed.get_descriptor().max_def_level(), typed.get_descriptor().max_rep_level());
    let definitions = (definition > 0).then_some(definitions.as_slice());
    typed.write_batch(&values, definitions, (repetition > 0).then_some(repetitions.as_slice())).unwrap();
    column.close().unwrap();
}

/// A file of some row groups.
fn written(groups: &[Vec<Line>], properties: WriterPropertiesBuilder) -> Vec<u8> {
    let (schema, properties) = (Arc::new(parse_message_type(SCHEMA).unwrap()), Arc::new(properties.build()));
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    for lines in groups {
        let mut group = writer.next_row_group().unwrap();
        put::<ByteArrayType>(&mut group, lines, |line| flat(Some(line.text.as_str().into()), 0));
        put::<Int64Type>(&mut group, lines, |line| flat(line.number, 1));
        put::<ByteArrayType>(&mut group, lines, tags);
        put::<Int32Type>(&mut group, lines, deep);
        put::<Int96Type>(&mut group, lines, |line| {
            let mut stamp = Int96::new();
            stamp.set_data(line.stamp[0], line.stamp[1], line.stamp[2]);
            flat(Some(stamp), 0)
        });
        let code = |line: &Line| flat(Some(ByteArray::from(line.code.to_vec()).into()), 0);
        put::<FixedLenByteArrayType>(&mut group, lines, code);
        put::<DoubleType>(&mut group, lines, |line| flat(line.score, 1));
        put::<ByteArrayType>(&mut group, lines, |line| match &line.body {
            Some(None) => (vec![1], vec![0], vec![]),
            body => flat(body.iter().flatten().map(|body| body.as_str().into()).next(), 2),
        });
        put::<BoolType>(&mut group, lines, |line| flat(line.body.as_ref().map(|body| body.is_some()), 1));
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn metadata(bytes: &[u8]) -> ParquetMetaData {
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
    reader.parse_and_finish(&file(bytes)).unwrap()
}

/// The rows of a file, one after the other: for each column its levels and values.
fn table(bytes: &[u8]) -> Vec<Vec<String>> {
    fn row<T: DataType>(reader: &mut ColumnReaderImpl<T>) -> String {
        let (mut definitions, mut repetitions, mut values) = (vec![], vec![], vec![]);
        let read = reader.read_records(1, Some(&mut definitions), Some(&mut repetitions), &mut values).unwrap();
        assert_eq!(read.0, 1);
        format!("{definitions:?} {repetitions:?} {values:?}")
    }
    let reader = SerializedFileReader::new(file(bytes)).unwrap();
    let mut rows = Vec::new();
    for number in 0..reader.num_row_groups() {
        let group = reader.get_row_group(number).unwrap();
        let columns = 0..group.metadata().num_columns();
        let mut columns: Vec<ColumnReader> = columns.map(|at| group.get_column_reader(at).unwrap()).collect();
        for _ in 0..group.metadata().num_rows() {
            let cells = columns.iter_mut().map(|column| match column {
                ColumnReader::BoolColumnReader(reader) => row(reader),
                ColumnReader::Int32ColumnReader(reader) => row(reader),
                ColumnReader::Int64ColumnReader(reader) => row(reader),
                ColumnReader::Int96ColumnReader(reader) => row(reader),
                ColumnReader::FloatColumnReader(reader) => row(reader),
                ColumnReader::DoubleColumnReader(reader) => row(reader),
                ColumnReader::ByteArrayColumnReader(reader) => row(reader),
                ColumnReader::FixedLenByteArrayColumnReader(reader) => row(reader),
            });
            rows.push(cells.collect());
        }
    }
    rows
}

/// The file with changes of texts in these columns.
fn rewritten(bytes: &[u8], texts: &[&str], mark: Option<&str>, changes: &[Change]) -> Result<Vec<u8>, Error> {
    let text = texts.iter().map(|field| field.to_string()).collect();
    let reading = Reading { fields: Fields { text, id: None }, ..Reading::default() };
    let (mut changes, mut out) = (changes.iter().cloned(), Vec::new());
    let changes: &mut dyn Iterator<Item = Change> = &mut changes;
    rewrite(file(bytes), &reading, mark, &mut changes.peekable(), &mut out).map(|()| out)
}

fn removed(record: u64) -> Change {
    Change { record, is_removed: true, cuts: Vec::new(), mark: None }
}

fn reason(result: Result<Vec<u8>, Error>) -> String {
    match result {
        Err(Error::Input(reason)) => reason,
        other => panic!("{:?}", other.map(|bytes| bytes.len())),
    }
}

/// Rows that differ in all columns.
fn lines(rows: Range<u64>) -> Vec<Line> {
    let line = |row: u64| {
        let each = |other: u64| !row.is_multiple_of(other);
        Line {
            text: format!("text {row} ä, and a tail"),
            number: each(3).then_some(row as i64),
            tags: each(5).then(|| (0..row % 4).map(|tag| (tag != 1).then(|| format!("{row} {tag}"))).collect()),
            deep: each(7)
                .then(|| (0..row % 3).map(|list| (0..(row + list) % 4).map(|at| at as i32).collect()).collect()),
            stamp: [row as u32, 1, 2_440_588],
            code: [row as u8, (row >> 8) as u8, 7],
            score: each(11).then_some(row as f64 / 3.0),
            body: each(13).then(|| each(2).then(|| format!("body {row}"))),
        }
    };
    rows.map(line).collect()
}

/// Two row groups, the first of more batches than one.
fn large(properties: WriterPropertiesBuilder) -> Vec<u8> {
    written(&[lines(1..2601), lines(2601..2901)], properties)
}

fn key(key: &str, value: &str) -> KeyValue {
    KeyValue::new(key.into(), value.to_string())
}

fn line() -> impl Strategy<Value = Line> {
    let list = || prop::option::of(prop::collection::vec(prop::option::of("[a-c]{0,3}"), 0..4));
    let lists = prop::option::of(prop::collection::vec(prop::collection::vec(any::<i32>(), 0..3), 0..4));
    let number = prop::option::of(prop_oneof![0..3_i64, any::<i64>()]);
    let rest = (any::<[u32; 3]>(), any::<[u8; 3]>(), prop::option::of(any::<f64>()));
    let body = prop::option::of(prop::option::of("[a-c]{0,3}"));
    (".{0,9}", number, list(), lists, rest, body).prop_map(|(text, number, tags, deep, (stamp, code, score), body)| {
        Line { text, number, tags, deep, stamp, code, score, body }
    })
}

fn writing() -> impl Strategy<Value = WriterPropertiesBuilder> {
    let codecs = vec![
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::BROTLI(BrotliLevel::default()),
    ];
    let versions = vec![WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0];
    (select(codecs), select(versions), any::<bool>(), 1_usize..9).prop_map(|(codec, version, dictionary, page)| {
        let properties = WriterProperties::builder().set_compression(codec).set_writer_version(version);
        let properties = properties.set_dictionary_enabled(dictionary).set_write_batch_size(1);
        properties.set_data_page_row_count_limit(page).set_key_value_metadata(Some(vec![key("who", "me")]))
    })
}

proptest! {
    /// The rows that stay are what they were, level by level; so are the schema, the keys and the codecs.
    #[test]
    fn rows_are_left_out(
        groups in prop::collection::vec(prop::collection::vec((line(), any::<bool>()), 1..12), 1..4),
        properties in writing(),
        untouched in any::<Index>(),
    ) {
        let mut groups = groups;
        let untouched = untouched.index(groups.len() + 1);
        groups.get_mut(untouched).into_iter().flatten().for_each(|(_, is_removed)| *is_removed = false);
        let lines = |rows: &Vec<(Line, bool)>| rows.iter().map(|(line, _)| line.clone()).collect();
        let lines: Vec<Vec<Line>> = groups.iter().map(lines).collect();
        let removes: Vec<bool> = groups.iter().flatten().map(|&(_, is_removed)| is_removed).collect();
        let records = removes.iter().zip(1..).filter(|(is_removed, _)| **is_removed);
        let changes: Vec<Change> = records.map(|(_, record)| removed(record)).collect();
        let bytes = written(&lines, properties);
        let rewritten = rewritten(&bytes, &["text"], None, &changes).unwrap();
        let left = table(&bytes).into_iter().zip(removes).filter(|(_, is_removed)| !is_removed);
        prop_assert_eq!(table(&rewritten), left.map(|(row, _)| row).collect::<Vec<_>>());
        let (source, result) = (metadata(&bytes), metadata(&rewritten));
        prop_assert_eq!(result.file_metadata().schema(), source.file_metadata().schema());
        prop_assert_eq!(result.file_metadata().key_value_metadata(), source.file_metadata().key_value_metadata());
        let left = groups.iter().filter(|rows| rows.iter().any(|(_, is_removed)| !is_removed)).count();
        prop_assert_eq!(result.num_row_groups(), left);
        let codec = source.row_group(0).column(0).compression_codec();
        let mut chunks = result.row_groups().iter().flat_map(RowGroupMetaData::columns);
        prop_assert!(chunks.all(|chunk| chunk.compression_codec() == codec));
    }

    /// A broken file ends in an error or in a file, never in a panic.
    #[test]
    fn broken_bytes(breaks in prop::collection::vec((any::<Index>(), any::<u8>()), 1..9), cut in any::<Index>()) {
        let mut bytes = written(&[lines(1..9), lines(9..20)], WriterProperties::builder());
        for (at, byte) in breaks {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let cuts = [Change { record: 3, is_removed: false, cuts: std::iter::once(0..2).collect(), mark: None }];
        for changes in [&[][..], &[removed(1), removed(12)], &cuts] {
            if let Err(error) = rewritten(&bytes, &["text"], None, changes) {
                prop_assert!(matches!(error, Error::Input(_)), "{error:?}");
            }
        }
        bytes.truncate(cut.index(bytes.len()));
        reason(rewritten(&bytes, &["text"], None, &[removed(1)]));
    }
}

#[test]
fn cuts_marks_and_removals_over_several_batches() {
    let bytes = large(WriterProperties::builder());
    let cuts = [5..8, 10..12];
    let is_null = |record: u64| record.is_multiple_of(13) || record.is_multiple_of(2); // `in.body` is
    let change = |record: u64| Change {
        record,
        is_removed: record % 5 == 1 || (1025..2049).contains(&record),
        cuts: if record.is_multiple_of(3) && !is_null(record) { cuts.to_vec() } else { Vec::new() },
        mark: (!record.is_multiple_of(7))
            .then_some(Mark { cluster: record.is_multiple_of(4).then_some(record), is_kept: record % 8 > 3 }),
    };
    let changes: Vec<Change> = (1..2901).filter(|record| record % 10 > 0).map(change).collect();
    let result = rewritten(&bytes, &["in.body", "text"], Some("cluster"), &changes).unwrap();
    let mut expected = table(&bytes);
    for row in &mut expected {
        row.extend(["[0] [] []".to_string(), "[0] [] []".to_string()]);
    }
    for change in &changes {
        let row = &mut expected[change.record as usize - 1];
        if !change.cuts.is_empty() {
            let text = format!("body {}\ntext {} ä, and a tail", change.record, change.record);
            let feed = text.find('\n').unwrap();
            // A line feed that is cut stays between the columns.
            for (column, own, levels) in [(7, 0..feed, "[2]"), (0, feed + 1..text.len(), "[]")] {
                let left = cuts::left(text[own.clone()].as_bytes(), &cuts::within(&change.cuts, &own));
                row[column] = format!("{levels} [] {:?}", [ByteArray::from(left)]);
            }
        }
        if let Some(mark) = change.mark {
            row[9] = mark.cluster.map_or("[0] [] []".into(), |cluster| format!("[1] [] [{cluster}]"));
            row[10] = format!("[1] [] [{}]", mark.is_kept);
        }
    }
    let removes: Vec<u64> = changes.iter().filter(|change| change.is_removed).map(|change| change.record).collect();
    let left = expected.into_iter().zip(1..).filter(|(_, record)| removes.binary_search(record).is_err());
    assert!(table(&result) == left.map(|(row, _)| row).collect::<Vec<_>>());
}

#[test]
fn what_does_not_change_is_copied() {
    let sorting = SortingColumn { column_idx: 1, descending: false, nulls_first: true };
    let by_text = SortingColumn { column_idx: 0, ..sorting };
    let properties = WriterProperties::builder()
        .set_sorting_columns(Some(vec![sorting.clone(), by_text]))
        .set_created_by("someone".into())
        .set_data_page_row_count_limit(100)
        .set_bloom_filter_enabled(true)
        .set_column_dictionary_enabled("code".into(), false)
        .set_compression(Compression::SNAPPY)
        .set_column_compression("score".into(), Compression::LZ4_RAW)
        .set_column_dictionary_enabled("number".into(), false)
        .set_column_encoding("number".into(), Encoding::DELTA_BINARY_PACKED);
    let bytes = large(properties);
    let result = rewritten(&bytes, &["text"], None, &[removed(2700), removed(2800)]).unwrap();
    let (before, after) = (metadata(&bytes), metadata(&result));
    let (pages_before, pages_after) = (before.page_index().unwrap(), after.page_index().unwrap());
    assert_eq!(after.file_metadata().created_by(), Some("someone"));
    for column in 0..before.row_group(0).num_columns() {
        let (own, copied) = (before.row_group(0).column(column), after.row_group(0).column(column));
        let range = |(start, length): (u64, u64)| start as usize..(start + length) as usize;
        assert!(bytes[range(own.byte_range())] == result[range(copied.byte_range())]);
        assert_eq!(own.statistics(), copied.statistics());
        assert_eq!(own.page_encoding_stats(), copied.page_encoding_stats());
        assert_eq!(pages_before.column_index(0, column), pages_after.column_index(0, column));
        let moved = copied.byte_range().0 as i64 - own.byte_range().0 as i64;
        let places = pages_before.offset_index(0, column).unwrap().page_locations().iter();
        let moved: Vec<i64> = places.map(|page| page.offset + moved).collect();
        let places = pages_after.offset_index(0, column).unwrap().page_locations().iter();
        assert_eq!(places.map(|page| page.offset).collect::<Vec<_>>(), moved);
        // The other is written by the same means.
        let (own, other) = (before.row_group(1).column(column), after.row_group(1).column(column));
        assert_eq!(own.encodings().collect::<Vec<_>>(), other.encodings().collect::<Vec<_>>());
        assert_eq!(own.dictionary_page_offset().is_some(), other.dictionary_page_offset().is_some());
        assert_eq!(own.compression_codec(), other.compression_codec());
    }
    for (number, group) in after.row_groups().iter().enumerate() {
        assert_eq!(group.sorting_columns(), Some(&vec![sorting.clone()]));
        let text = Sbbf::read_from_column_chunk(group.column(0), &file(&result)).unwrap().unwrap();
        let is_there = |row: u64| text.check(&ByteArray::from(format!("text {row} ä, and a tail").as_str()));
        assert!(if number == 0 { (1..2601).all(is_there) } else { (2601..2700).all(is_there) });
    }
}

#[test]
fn bounds_by_another_order_are_not_copied() {
    let mut bytes = large(WriterProperties::builder());
    // The order of `score` in the end of the file: from that of the standard for floats to that of the format before it.
    let order = bytes.windows(3).rposition(|bytes| bytes == [0x2c, 0, 0]).unwrap();
    bytes[order] = 0x1c;
    let result = metadata(&rewritten(&bytes, &["text"], None, &[removed(2700)]).unwrap());
    let (copied, written) = (result.row_group(0), result.row_group(1));
    assert!(copied.column(6).statistics().is_none() && copied.column(6).column_index_offset().is_none());
    assert!(copied.column(1).statistics().is_some() && written.column(6).statistics().is_some());
}

#[test]
fn what_else_is_said_of_the_schema_is_dropped_with_marks() {
    let keys = vec![key("ARROW:schema", "x"), key("pandas", "{}"), key(OTHER_SCHEMAS[1], "{}")];
    let bytes = large(WriterProperties::builder().set_key_value_metadata(Some(keys.clone())));
    let plain = rewritten(&bytes, &["text"], None, &[removed(1)]).unwrap();
    assert_eq!(metadata(&plain).file_metadata().key_value_metadata(), Some(&keys));
    let marked = metadata(&rewritten(&bytes, &["text"], Some("cluster"), &[]).unwrap());
    assert_eq!(marked.file_metadata().key_value_metadata(), Some(&vec![key("pandas", "{}")]));
    let schema = SCHEMA.replace("flag; }\n}", "flag; } optional int64 cluster; optional boolean cluster_kept; }");
    assert_eq!(marked.file_metadata().schema(), &parse_message_type(&schema).unwrap());
    let twice = rewritten(&bytes, &["text"], Some("number"), &[]);
    assert_eq!(reason(twice), "it has a column `number` already");
}

#[test]
fn a_file_without_rows_has_a_schema() {
    let bytes = large(WriterProperties::builder());
    let changes: Vec<Change> = (1..2901).map(removed).collect();
    for mark in [None, Some("cluster")] {
        let result = rewritten(&bytes, &["text"], mark, &changes).unwrap();
        assert_eq!(table(&result), Vec::<Vec<String>>::new());
        let result = metadata(&result);
        assert_eq!((result.num_row_groups(), result.file_metadata().num_rows()), (0, 0));
        let columns = if mark.is_some() { 11 } else { 9 };
        assert_eq!(result.file_metadata().schema_descr().num_columns(), columns);
    }
}

#[test]
fn what_cannot_be_cut_is_said() {
    let bytes = large(WriterProperties::builder());
    let cut = |record, cuts: &[Range<usize>]| [Change { record, is_removed: false, cuts: cuts.to_vec(), mark: None }];
    let cuts = from_ref(&(0..1));
    assert_eq!(reason(rewritten(&bytes, &["in.body"], None, &cut(2, cuts))), "its text has changed");
    let outside = from_ref(&(0..1000));
    assert_eq!(reason(rewritten(&bytes, &["text"], None, &cut(2, outside))), "its text has changed");
    let gone = [Change { record: 2, is_removed: true, cuts: outside.to_vec(), mark: None }];
    assert!(rewritten(&bytes, &["text"], None, &gone).is_ok());
    assert_eq!(reason(rewritten(&bytes, &["tags"], None, &cut(2, cuts))), "no text column `tags`");
    assert!(reason(rewritten(b"PAR1 and no more", &["text"], None, &[])).starts_with("broken Parquet: "));
}

/// Takes so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken > 0 { Ok(taken) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_destination_is_its_own_error() {
    let bytes = large(WriterProperties::builder());
    let whole = rewritten(&bytes, &["text"], None, &[removed(1)]).unwrap().len();
    for room in (0..whole).step_by(997).chain([whole - 1]) {
        let mut changes = [removed(1)].into_iter();
        let changes: &mut dyn Iterator<Item = Change> = &mut changes;
        let result = rewrite(file(&bytes), &Reading::default(), None, &mut changes.peekable(), &mut Full(room));
        let Err(Error::Io(error)) = result else { panic!("{result:?} with room for {room}") };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
/// Each byte of a file broken: at some of them the reader panics.
#[test]
fn each_byte_may_be_broken() {
    let bytes = written(&[lines(1..9), lines(9..20)], WriterProperties::builder());
    let broken = (0..bytes.len()).filter(|&at| {
        let mut bytes = bytes.clone();
        bytes[at] = 0xff;
        rewritten(&bytes, &["text"], None, &[removed(1)]).is_err()
    });
    assert!(broken.count() > 100);
    // The beginning of the first page; nothing changes, so that the page is only copied.
    let mut bytes = bytes;
    bytes[4] = 0xff;
    assert!(reason(rewritten(&bytes, &["text"], None, &[])).starts_with("broken Parquet: "));
}
