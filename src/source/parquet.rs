//! Parquet: the text and id columns of a file, in batches, and no other column.
//!
//! Columns are named by their paths, so a field of a group is `article.body`. Text may be plain, of any length type, or by
//! dictionary, in every compression of the format; what is nested in lists is no text.

use super::table::Rows;
use super::{Reading, text};
use parquet::basic::Type;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::Result;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::SchemaDescriptor;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many rows are read of each column at a time.
const BATCH: usize = 512;

/// Reads a file.
pub(super) fn read(file: File, reading: &Reading, rows: &mut impl Rows) {
    let mut row = 0;
    // The reader returns errors where it notices that a file is broken, and panics where it does not.
    let read = catch_unwind(AssertUnwindSafe(|| read_groups(file, reading, rows, &mut row)));
    let reason = match read {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the reader gave up".into(),
    };
    rows.lost((row > 0).then_some(row), format!("broken Parquet: {reason}; what comes after is lost"));
}

fn read_groups(file: File, reading: &Reading, rows: &mut impl Rows, row: &mut u32) -> Result<()> {
    let reader = SerializedFileReader::new(file)?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let mut columns = Vec::new();
    for field in &reading.fields.text {
        match column(schema, field).filter(|&column| schema.column(column).physical_type() == Type::BYTE_ARRAY) {
            Some(column) => columns.push(column),
            None => {
                let names: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
                rows.lost(None, format!("no text column `{field}`; the columns are {}", names.join(", ")));
                return Ok(());
            }
        }
    }
    let texts = columns.len();
    columns.extend(reading.fields.id.as_deref().and_then(|field| column(schema, field)));
    let mut decoded = String::new();
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        let readers: Result<Vec<ColumnReader>> = columns.iter().map(|&at| group.get_column_reader(at)).collect();
        let mut readers = readers?;
        let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
        while left > 0 {
            let count = left.min(BATCH);
            let batch: Result<Vec<Vec<Cell>>> = readers.iter_mut().map(|reader| cells(reader, count)).collect();
            let batch = batch?;
            for at in 0..count {
                let cells: Vec<&Cell> = batch.iter().filter_map(|column| column.get(at)).collect();
                if cells.len() < columns.len() {
                    return Err(parquet::errors::ParquetError::General("a column ends before the others".into()));
                }
                let (text_cells, id) = cells.split_at(texts);
                hand_on(*row, text_cells, id.first().copied(), reading, &mut decoded, rows);
                *row += 1;
            }
            left -= count;
        }
    }
    Ok(())
}

fn hand_on(
    row: u32,
    cells: &[&Cell],
    id: Option<&Cell>,
    reading: &Reading,
    decoded: &mut String,
    rows: &mut impl Rows,
) {
    let mut bytes = Vec::new();
    for (number, (cell, field)) in cells.iter().zip(&reading.fields.text).enumerate() {
        let Cell::Bytes(cell) = cell else {
            return rows.lost(Some(row), format!("column `{field}` is null"));
        };
        if number > 0 {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(cell);
    }
    if bytes.len() as u64 > reading.max_document_bytes {
        return rows.lost(Some(row), text::NotText::TooLong(reading.max_document_bytes).to_string());
    }
    let id = match id {
        Some(Cell::Bytes(id)) => String::from_utf8_lossy(id).into_owned(),
        Some(Cell::Number(id)) => id.to_string(),
        _ => String::new(),
    };
    match text::decode(&bytes, &reading.decoding, decoded) {
        Ok((text, assumed)) => rows.row(row, text, &id, assumed),
        Err(reason) => rows.lost(Some(row), reason.to_string()),
    }
}

/// The column of a path, if it is not inside a list.
fn column(schema: &SchemaDescriptor, field: &str) -> Option<usize> {
    let columns = schema.columns().iter();
    columns
        .enumerate()
        .find(|(_, column)| column.path().string() == field && column.max_rep_level() == 0)
        .map(|(at, _)| at)
}

enum Cell {
    Null,
    Bytes(Vec<u8>),
    Number(i64),
}

/// The next `count` cells of a column.
fn cells(reader: &mut ColumnReader, count: usize) -> Result<Vec<Cell>> {
    match reader {
        ColumnReader::ByteArrayColumnReader(reader) => typed(reader, count, |bytes| Cell::Bytes(bytes.data().to_vec())),
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            typed(reader, count, |bytes| Cell::Bytes(bytes.data().to_vec()))
        }
        ColumnReader::Int32ColumnReader(reader) => typed(reader, count, |number| Cell::Number(i64::from(*number))),
        ColumnReader::Int64ColumnReader(reader) => typed(reader, count, |number| Cell::Number(*number)),
        ColumnReader::BoolColumnReader(reader) => typed(reader, count, |_| Cell::Null),
        ColumnReader::Int96ColumnReader(reader) => typed(reader, count, |_| Cell::Null),
        ColumnReader::FloatColumnReader(reader) => typed(reader, count, |_| Cell::Null),
        ColumnReader::DoubleColumnReader(reader) => typed(reader, count, |_| Cell::Null),
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
