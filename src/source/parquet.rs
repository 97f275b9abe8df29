//! Parquet: the text and id columns of a file, in batches, and no other column.
//!
//! Row groups are read in parallel. Columns are named by their paths, so a field of a group is `article.body`. Text may be plain or by
//! dictionary, in every compression of the format; what is nested in lists is no text.

use super::rows::Rows;
use super::{Reading, text};
use crate::problem::listed;
use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};
use std::fmt;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// How many rows are read of each column at a time.
const BATCH: usize = 512;

/// How many row groups a file has; 1 for one that cannot be read, of which reading then says why.
pub(super) fn groups(path: &Path) -> u32 {
    let open = || SerializedFileReader::new(File::open(path).ok()?).ok();
    let groups = caught(open).flatten().map(|reader| reader.num_row_groups());
    groups.and_then(|groups| u32::try_from(groups).ok()).unwrap_or(1).max(1)
}

/// The file that was read last, with its footer, which tells of all row groups: of thousands of them it takes longer to read than each.
#[derive(Default)]
pub(super) struct Opened(Option<(PathBuf, SerializedFileReader<File>)>);

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opened").field(&self.0.as_ref().map(|(path, _)| path)).finish()
    }
}

impl Opened {
    fn at(&mut self, path: &Path, file: File) -> Result<SerializedFileReader<File>> {
        match self.0.take() {
            Some((opened, reader)) if opened == path => Ok(reader),
            _ => SerializedFileReader::new(file),
        }
    }
}

/// Reads one row group of the file at a path, whose rows are counted from 0; how many it has.
pub(super) fn read(
    (path, file): (&Path, File),
    group: u32,
    reading: &Reading,
    opened: &mut Opened,
    rows: &mut impl Rows,
) -> u64 {
    let (mut row, mut all) = (0, 0);
    let read = caught(|| {
        let reader = opened.at(path, file)?;
        read_group(&reader, group, reading, rows, &mut row, &mut all)?;
        opened.0 = Some((path.to_path_buf(), reader));
        Ok::<(), ParquetError>(())
    });
    let reason = match read {
        Some(Ok(())) => return all,
        Some(Err(error)) => error.to_string(),
        None => GAVE_UP.into(),
    };
    let what = if all == 0 { "" } else { "; the rest of these rows is lost" };
    rows.lost_from((all > 0).then_some(row), format!("broken Parquet: {reason}{what}"));
    all
}

/// What is said of a file on which the reader has panicked.
pub(super) const GAVE_UP: &str = "the reader gave up";

thread_local! {
    static CATCHES: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether this thread is at work with the reader of Parquet, of which a panic is caught and said in other words: no hook need tell of it.
pub fn catches_panics() -> bool {
    CATCHES.get()
}

/// What comes of work with the reader of Parquet, which returns errors where it notices that a file is broken, and panics where it does not:
/// then nothing.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    CATCHES.set(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    CATCHES.set(false);
    done.ok()
}

fn read_group(
    reader: &SerializedFileReader<File>,
    group: u32,
    reading: &Reading,
    rows: &mut impl Rows,
    row: &mut u32,
    all: &mut u64,
) -> Result<()> {
    if reader.num_row_groups() <= group as usize {
        return Ok(()); // there is no row at all
    }
    let schema = reader.metadata().file_metadata().schema_descr();
    let mut columns = Vec::new();
    for field in &reading.fields.text {
        match text_column(schema, field) {
            Some(column) if columns_of(schema, field).count() == 1 => columns.push(column),
            _ if group > 0 => return Ok(()), // the first has said so
            Some(_) => {
                let twice = format!("several columns are called `{field}`; which one holds the text cannot be told");
                rows.lost(None, twice);
                return Ok(());
            }
            None => {
                let names: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
                rows.lost(
                    None,
                    match names.contains(field) {
                        true => format!("column `{field}` holds no text"),
                        false => format!(
                            "no text column `{field}`; the columns are {}",
                            listed(names.iter().map(AsRef::as_ref))
                        ),
                    },
                );
                return Ok(());
            }
        }
    }
    let texts = columns.len();
    let is_declared = columns.iter().all(|&column| is_declared_text(schema, column));
    let id_column = reading.fields.id.as_deref().and_then(|field| column(schema, field));
    let id_type = id_column.map(|column| schema.column(column));
    columns.extend(id_column);
    let group = reader.get_row_group(group as usize)?;
    *all = u64::try_from(group.metadata().num_rows()).unwrap_or_default();
    let readers: Result<Vec<ColumnReader>> = columns.iter().map(|&at| group.get_column_reader(at)).collect();
    let (mut readers, mut decoded) = (readers?, String::new());
    while u64::from(*row) < *all {
        let count = BATCH.min(usize::try_from(*all - u64::from(*row)).unwrap_or(BATCH));
        let batch: Result<Vec<Vec<Cell>>> = readers.iter_mut().map(|reader| cells(reader, count)).collect();
        let batch = batch?;
        for at in 0..count {
            let cells: Vec<&Cell> = batch.iter().filter_map(|column| column.get(at)).collect();
            if cells.len() < columns.len() {
                return Err(ParquetError::General("a column ends before the others".into()));
            }
            let (text_cells, id) = cells.split_at(texts);
            let id = id.first().zip(id_type.as_ref()).map(|(cell, column)| id_of(cell, column)).unwrap_or_default();
            hand_on(*row, text_cells, is_declared, &id, reading, &mut decoded, rows);
            *row += 1;
        }
    }
    for reader in &mut readers {
        if !cells(reader, 1)?.is_empty() {
            return Err(ParquetError::General("a column has more rows than its row group".into()));
        }
    }
    Ok(())
}

/// Hands on one row.
fn hand_on(
    row: u32,
    cells: &[&Cell],
    is_declared: bool,
    id: &str,
    reading: &Reading,
    decoded: &mut String,
    rows: &mut impl Rows,
) {
    let mut joined = Vec::new();
    let mut bytes: &[u8] = &[];
    for (number, (cell, field)) in cells.iter().zip(&reading.fields.text).enumerate() {
        let Cell::Bytes(cell) = cell else {
            return rows.lost(Some(row), format!("column `{field}` is null"));
        };
        if cells.len() == 1 {
            bytes = cell.data();
        } else {
            joined.extend_from_slice(if number > 0 { b"\n" } else { b"" });
            joined.extend_from_slice(cell.data());
        }
    }
    if cells.len() > 1 {
        bytes = &joined;
    }
    if bytes.len() as u64 > reading.max_document_bytes {
        return rows.lost(Some(row), text::NotText::TooLong(reading.max_document_bytes).to_string());
    }
    if let Some(text) = text::declared(bytes, is_declared, &reading.decoding) {
        return rows.row(row, text, id, None);
    }
    match text::decode(bytes, &reading.decoding, decoded) {
        Ok((text, assumed)) => rows.row(row, text, id, assumed),
        Err(reason) => rows.lost(Some(row), reason.to_string()),
    }
}

/// What a cell is as an id: text as it stands, numbers as their type says; bytes that are neither are written in hexadecimal digits.
fn id_of(cell: &Cell, column: &ColumnDescriptor) -> String {
    let converted = column.converted_type();
    let is_decimal = converted == ConvertedType::DECIMAL;
    match cell {
        Cell::Number(number) if is_decimal => decimal(i128::from(*number), column.type_scale()),
        Cell::Number(number) => match converted {
            ConvertedType::UINT_64 => number.cast_unsigned().to_string(),
            // A number of 32 bits has been widened with its sign.
            ConvertedType::UINT_32 => (*number as u32).to_string(),
            _ => number.to_string(),
        },
        Cell::Float(number) => number.to_string(),
        Cell::Bytes(bytes) if is_decimal => match bytes.data() {
            // Of two's complement, the highest byte first; no decimal has more digits than these hold.
            digits @ [first, ..] if digits.len() <= 16 => {
                let sign = if *first > 0x7f { -1 } else { 0 };
                decimal(digits.iter().fold(sign, |number, &byte| number << 8 | i128::from(byte)), column.type_scale())
            }
            _ => String::new(),
        },
        Cell::Bytes(bytes) if column.physical_type() == Type::BYTE_ARRAY => {
            String::from_utf8_lossy(bytes.data()).into_owned()
        }
        Cell::Bytes(_) if column.logical_type_ref() == Some(&LogicalType::Float16) => String::new(),
        Cell::Bytes(bytes) => bytes.data().iter().map(|byte| format!("{byte:02x}")).collect(),
        Cell::Null => String::new(),
    }
}

/// A decimal number of so many digits behind the point.
fn decimal(unscaled: i128, scale: i32) -> String {
    let scale = usize::try_from(scale).unwrap_or_default();
    if scale == 0 {
        return unscaled.to_string();
    }
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{fraction}", if unscaled < 0 { "-" } else { "" })
}

/// The columns of a path that are not inside a list.
fn columns_of(schema: &SchemaDescriptor, field: &str) -> impl Iterator<Item = usize> {
    let columns = schema.columns().iter().zip(0..);
    let found = columns.filter(move |(column, _)| column.path().string() == field && column.max_rep_level() == 0);
    found.map(|(_, at)| at)
}

/// The first of them.
fn column(schema: &SchemaDescriptor, field: &str) -> Option<usize> {
    columns_of(schema, field).next()
}

/// The same, if it may hold text.
pub(super) fn text_column(schema: &SchemaDescriptor, field: &str) -> Option<usize> {
    column(schema, field).filter(|&column| schema.column(column).physical_type() == Type::BYTE_ARRAY)
}

/// Whether the schema says that a column is text, and in UTF-8, as it does of strings but not of plain bytes.
pub(super) fn is_declared_text(schema: &SchemaDescriptor, column: usize) -> bool {
    schema.column(column).converted_type() == ConvertedType::UTF8
}

enum Cell {
    Null,
    Bytes(ByteArray),
    Number(i64),
    Float(f64),
}

/// The next `count` cells of a column.
fn cells(reader: &mut ColumnReader, count: usize) -> Result<Vec<Cell>> {
    match reader {
        ColumnReader::ByteArrayColumnReader(reader) => typed(reader, count, |bytes| Cell::Bytes(bytes.clone())),
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            typed(reader, count, |bytes| Cell::Bytes(ByteArray::from(bytes.clone())))
        }
        ColumnReader::Int32ColumnReader(reader) => typed(reader, count, |number| Cell::Number(i64::from(*number))),
        ColumnReader::Int64ColumnReader(reader) => typed(reader, count, |number| Cell::Number(*number)),
        ColumnReader::BoolColumnReader(reader) => typed(reader, count, |_| Cell::Null),
        ColumnReader::Int96ColumnReader(reader) => typed(reader, count, |_| Cell::Null),
        ColumnReader::FloatColumnReader(reader) => typed(reader, count, |number| Cell::Float(f64::from(*number))),
        ColumnReader::DoubleColumnReader(reader) => typed(reader, count, |number| Cell::Float(*number)),
    }
}

fn typed<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
    cell: impl Fn(&T::T) -> Cell,
) -> Result<Vec<Cell>> {
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    let mut read = 0;
    while read < count {
        let (records, _, _) = reader.read_records(count - read, Some(&mut levels), None, &mut values)?;
        if records == 0 {
            break;
        }
        read += records;
    }
    // A column whose values are all there has no levels.
    if levels.len() < read {
        return Ok(values.iter().map(cell).collect());
    }
    let all = levels.iter().copied().max().unwrap_or_default();
    let is_whole = values.len() == levels.len();
    let mut values = values.iter();
    let present = |level: i16| is_whole || level == all;
    Ok(levels
        .iter()
        .map(|&level| if present(level) { values.next().map_or(Cell::Null, &cell) } else { Cell::Null })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Fields;
    use crate::source::rows::Collected;
    use parquet::data_type::{ByteArrayType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// Two row groups of three rows: numbers, and texts within a group, of which one is null.
    #[allow(clippy::unwrap_used)] // a helper of tests is not known to clippy as a test
    fn written() -> Vec<u8> {
        let schema = "message m { required int64 n; optional group article { optional binary body (UTF8); } }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::new())).unwrap();
        for group in 0..2i64 {
            let mut columns = writer.next_row_group().unwrap();
            let mut column = columns.next_column().unwrap().unwrap();
            let numbers: Vec<i64> = (3 * group..3 * group + 3).collect();
            column.typed::<Int64Type>().write_batch(&numbers, None, None).unwrap();
            column.close().unwrap();
            let mut column = columns.next_column().unwrap().unwrap();
            let texts =
                [format!("one\0{group}"), format!("\u{feff}three {group}")].map(|text| ByteArray::from(text.as_str()));
            column.typed::<ByteArrayType>().write_batch(&texts, Some(&[2, 0, 2]), None).unwrap();
            column.close().unwrap();
            columns.close().unwrap();
        }
        writer.into_inner().unwrap()
    }

    #[allow(clippy::unwrap_used)] // a helper of tests is not known to clippy as a test
    fn collected(bytes: &[u8], text: &str) -> Vec<Collected> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let reading =
            Reading { fields: Fields { text: vec![text.into()], id: Some("n".into()) }, ..Reading::default() };
        let mut opened = Opened::default();
        let pieces = (0..groups(file.path())).map(|group| {
            let mut rows = Collected::default();
            read((file.path(), file.reopen().unwrap()), group, &reading, &mut opened, &mut rows);
            rows
        });
        pieces.collect()
    }

    /// Ids as their types say, whatever holds them.
    #[test]
    fn numbers_of_every_type() {
        let id = |column: &str, cell: Cell| {
            let schema = parse_message_type(&format!("message m {{ required {column}; }}")).unwrap();
            id_of(&cell, &SchemaDescriptor::new(Arc::new(schema)).column(0))
        };
        let bytes = |bytes: &[u8]| Cell::Bytes(ByteArray::from(bytes.to_vec()));
        assert_eq!(id("int64 n", Cell::Number(-5)), "-5");
        assert_eq!(id("int64 n (INTEGER(64,false))", Cell::Number(i64::MIN + 5)), "9223372036854775813");
        assert_eq!(id("int32 n (INTEGER(32,false))", Cell::Number(-1)), "4294967295");
        assert_eq!(id("int32 n (DECIMAL(9,2))", Cell::Number(-5)), "-0.05");
        assert_eq!(id("int64 n (DECIMAL(9,0))", Cell::Number(10)), "10");
        assert_eq!(id("binary n (DECIMAL(20,1))", bytes(&[1, 0])), "25.6");
        assert_eq!(id("fixed_len_byte_array(2) n (DECIMAL(4,0))", bytes(&[0xff, 0xfb])), "-5");
        assert_eq!(id("fixed_len_byte_array(2) n (FLOAT16)", bytes(&[0, 0x3c])), "");
        assert_eq!(id("fixed_len_byte_array(3) n", bytes(&[1, 0xab, 0])), "01ab00");
        assert_eq!(id("binary n (UTF8)", bytes("grün".as_bytes())), "grün");
    }

    #[test]
    fn a_column_within_a_group_with_nulls() {
        let groups = (0..2).map(|group| Collected {
            rows: vec![
                (0, format!("one\0{group}"), format!("{}", 3 * group)),
                (2, format!("\u{feff}three {group}"), format!("{}", 3 * group + 2)),
            ],
            lost: vec![(Some(1), "column `article.body` is null".into())],
        });
        assert_eq!(collected(&written(), "article.body"), groups.collect::<Vec<_>>());
    }

    /// The footer says of each row group how many rows it has: no row is passed over where it says less.
    #[test]
    fn row_groups_of_more_rows_than_are_said() {
        let bytes = written();
        let mut said = 0;
        // Three, as the footer writes it, and two.
        for at in (0..bytes.len()).filter(|&at| bytes[at] == 6) {
            let mut changed = bytes.clone();
            changed[at] = 4;
            let found = collected(&changed, "article.body");
            let told = found.iter().map(|rows| rows.rows.len() + rows.lost.len()).sum::<usize>();
            let lost =
                found.iter().flat_map(|rows| &rows.lost).filter(|(_, reason)| reason.contains("more rows")).count();
            assert!(
                told >= 6 || found.iter().any(|rows| rows.lost.iter().any(|(_, reason)| reason.contains("broken"))),
                "{at}"
            );
            said += lost;
        }
        assert_eq!(said, 2);
    }

    #[test]
    fn a_missing_column_is_named_once() {
        let reason = "no text column `text`; the columns are n, article.body";
        let said: Vec<_> = collected(&written(), "text").into_iter().flat_map(|rows| rows.lost).collect();
        assert_eq!(said, [(None, reason.into())]);
        assert!(collected(&written(), "n")[0].lost[0].1.starts_with("column `n` holds no text"));
    }

    #[test]
    fn two_columns_of_one_name_are_no_text() {
        let schema = "message m { required binary text (UTF8); required binary text (UTF8); }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        while let Some(mut column) = group.next_column().unwrap() {
            column.typed::<ByteArrayType>().write_batch(&["one".into()], None, None).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
        let found = collected(&writer.into_inner().unwrap(), "text");
        let reason = "several columns are called `text`; which one holds the text cannot be told";
        assert_eq!((found[0].rows.len(), &found[0].lost[0].1), (0, &reason.to_owned()));
    }

    proptest! {
        /// A broken file ends in rows and reasons, never in a panic.
        #[test]
        fn broken_bytes(breaks in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9), cut in any::<prop::sample::Index>()) {
            let mut bytes = written();
            for (at, byte) in breaks {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            collected(&bytes, "article.body");
            bytes.truncate(cut.index(bytes.len()));
            let lost: usize = collected(&bytes, "article.body").iter().map(|rows| rows.lost.len()).sum();
            prop_assert!(lost > 0);
        }
    }
}
