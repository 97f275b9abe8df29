//! Parquet: row group by row group and column by column, without the rows that are removed.
//!
//! How: some rows of a column are decoded into values and levels, which tell where a row begins and what of it is null.
//! What stays of both is encoded again: by the codec of the column, with a dictionary if it had one. A row group of
//! which nothing changes is copied as its bytes stand.
//!
//! Cost: decoding and encoding. In memory are the changes of a row group, and of one column a batch of rows and a page;
//! of one with a dictionary all of its pages in the row group as well, encoded, because the dictionary comes first.
//! Limits: pages are cut anew, in the first version of their format, and have the statistics of the crate. A column has
//! one codec in all row groups that change. With marks, what other systems have said of the schema is dropped.

use super::{CHANGED, Change, Changes, KEPT, Mark, cuts, unreadable};
use crate::error::Error;
use crate::source::Reading;
use crate::source::parquet::{GAVE_UP, caught, is_declared_text, text_column};
use parquet::basic::{ColumnOrder, Encoding, Repetition, Type as Physical};
use parquet::bloom_filter::Sbbf;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::{BoolType, ByteArrayType, DataType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{FileMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::index_reader::{decode_column_index, decode_offset_index};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::reader::{ChunkReader, FileReader, RowGroupReader};
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnDescPtr, Type, TypePtr};
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

/// How many rows of a column are decoded at a time, if they are of few bytes.
const BATCH: u64 = 1024;
/// How many bytes of a column are decoded at a time, if a row is of fewer.
const BATCH_BYTES: u64 = 4 << 20;

/// Where the schema is said once more, in the words of Arrow, Spark and Avro. If it lacks columns there, the Rust of
/// Arrow does not read the file, pyarrow takes nothing from it, and Spark and Avro do not see them.
const OTHER_SCHEMAS: [&str; 3] = ["ARROW:schema", "org.apache.spark.sql.parquet.row.metadata", "parquet.avro.schema"];

/// Writes a file again.
pub(super) fn rewrite(
    file: File,
    reading: &Reading,
    mark: Option<&str>,
    changes: &mut Changes<'_>,
    out: &mut (impl Write + Send),
) -> Result<(), Error> {
    let mut sink = Sink { out, failed: None };
    let written = caught(|| write(&file, reading, mark, changes, &mut sink));
    if let Some(error) = sink.failed {
        return Err(Error::Io(error));
    }
    written.unwrap_or_else(|| Err(Error::Input(format!("broken Parquet: {GAVE_UP}"))))
}

fn write(
    file: &File,
    reading: &Reading,
    mark: Option<&str>,
    changes: &mut Changes<'_>,
    out: &mut (impl Write + Send),
) -> Result<(), Error> {
    let options = ReadOptionsBuilder::new().with_encoding_stats_as_mask(false).build();
    let reader = SerializedFileReader::new_with_options(file.try_clone().map_err(unreadable)?, options)?;
    let source = reader.metadata().file_metadata();
    let texts = reading.fields.text.iter().filter_map(|field| text_column(source.schema_descr(), field));
    let texts: Vec<usize> = texts.collect();
    let mut keys = source.key_value_metadata().cloned();
    let mut schema = source.schema_descr().root_schema_ptr();
    if let Some(field) = mark {
        schema = marked(&schema, field)?;
        keys.iter_mut().for_each(|keys| keys.retain(|key| !OTHER_SCHEMAS.contains(&key.key.as_str())));
    }
    let properties = properties(reader.metadata(), &texts).set_key_value_metadata(keys).build();
    let mut out = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    let mut first = 1;
    for (number, metadata) in reader.metadata().row_groups().iter().enumerate() {
        let rows = Rows::of(first, metadata, changes)?;
        first = rows.all.end;
        // The format allows a row group without rows, but older Spark and ClickHouse refuse it (PARQUET-2219).
        if rows.left() == 0 {
            continue;
        }
        let (group, mut to) = (reader.get_row_group(number)?, out.next_row_group()?);
        if mark.is_none() && rows.changes.is_empty() {
            splice(file, source, &*group, &mut to)?;
            to.close()?;
            continue;
        }
        let is_cut = rows.changes.iter().any(is_cut);
        if is_cut && texts.len() < reading.fields.text.len() {
            return Err(Error::Input(format!("no text column `{}`", reading.fields.text.join("`, `"))));
        }
        for column in 0..metadata.num_columns() {
            let from = group.get_column_reader(column)?;
            let Some(mut to) = to.next_column()? else { break };
            match texts.iter().position(|&text| text == column) {
                Some(own) if is_cut => cut(&*group, &texts, own, &rows, reading, &mut to)?,
                _ => copy(from, &rows, rows.batch(metadata, column), &mut to)?,
            }
            to.close()?;
        }
        if mark.is_some() {
            add::<Int64Type>(&rows, to.next_column()?, |mark| i64::try_from(mark.cluster?).ok())?;
            add::<BoolType>(&rows, to.next_column()?, |mark| Some(mark.is_kept))?;
        }
        to.close()?;
    }
    out.close()?;
    Ok(())
}

impl From<ParquetError> for Error {
    /// Of a source: what is wrong with a destination is known to its sink.
    fn from(error: ParquetError) -> Self {
        Self::Input(format!("broken Parquet: {error}"))
    }
}

/// A schema with the columns of marks at its end.
fn marked(schema: &Type, field: &str) -> Result<TypePtr, Error> {
    let mut root = schema.clone();
    if let Type::GroupType { fields, .. } = &mut root {
        for (name, physical) in [(field.into(), Physical::INT64), (format!("{field}{KEPT}"), Physical::BOOLEAN)] {
            if fields.iter().any(|own| own.name() == name) {
                return Err(Error::Input(format!("it has a column `{name}` already")));
            }
            let column = Type::primitive_type_builder(&name, physical).with_repetition(Repetition::OPTIONAL);
            fields.push(Arc::new(column.build()?));
        }
    }
    Ok(Arc::new(root))
}

/// How columns are written: as they were, as far as that is known.
fn properties(source: &ParquetMetaData, texts: &[usize]) -> WriterPropertiesBuilder {
    let groups = source.row_groups();
    let mut sorting = groups.first().and_then(|group| group.sorting_columns()).cloned().unwrap_or_default();
    if groups.iter().any(|group| group.sorting_columns() != Some(&sorting)) {
        sorting.clear(); // rows are promised to be in one order in all groups
    }
    // A text that is cut may stand in another order.
    let is_text = |column: i32| texts.iter().any(|&text| i32::try_from(text) == Ok(column));
    sorting.truncate(sorting.iter().take_while(|by| !is_text(by.column_idx)).count());
    let mut properties = WriterProperties::builder()
        .set_sorting_columns((!sorting.is_empty()).then_some(sorting))
        .set_dictionary_enabled(false);
    if let Some(by) = source.file_metadata().created_by() {
        // By it Spark tells how INT96 is meant, and others which statistics are to be trusted.
        properties = properties.set_created_by(by.into());
    }
    for chunk in groups.iter().flat_map(RowGroupMetaData::columns) {
        let path = || chunk.column_path().clone();
        // The last stands for the columns of marks.
        properties =
            properties.set_compression(chunk.compression()).set_column_compression(path(), chunk.compression());
        for encoding in chunk.encodings() {
            properties = match encoding {
                Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY => {
                    properties.set_column_dictionary_enabled(path(), true)
                }
                Encoding::DELTA_BINARY_PACKED
                | Encoding::DELTA_LENGTH_BYTE_ARRAY
                | Encoding::DELTA_BYTE_ARRAY
                | Encoding::BYTE_STREAM_SPLIT => properties.set_column_encoding(path(), encoding),
                _ => properties, // of levels, or the plain one
            };
        }
        if chunk.bloom_filter_offset().is_some() {
            let values = u64::try_from(chunk.num_values()).unwrap_or_default().max(1);
            properties = properties.set_column_bloom_filter_max_ndv(path(), values);
        }
    }
    properties
}

/// Copies a row group as it stands.
fn splice<W: Write + Send>(
    file: &File,
    source: &FileMetaData,
    group: &dyn RowGroupReader,
    to: &mut SerializedRowGroupWriter<'_, W>,
) -> Result<()> {
    let bytes = |range: Range<u64>| file.get_bytes(range.start, usize::try_from(range.end - range.start)?);
    for (at, chunk) in group.metadata().columns().iter().enumerate() {
        // What does not fall into pages, or is encrypted, would be a broken file with nobody told.
        let mut pages = group.get_column_page_reader(at)?;
        while pages.peek_next_page()?.is_some() {
            pages.skip_next_page()?;
        }
        let (column, physical) = (chunk.column_descr(), chunk.column_type());
        let order = ColumnOrder::column_order_for_type(column.logical_type_ref(), column.converted_type(), physical);
        // The end of the file names one order for all groups: bounds by another would be taken for bounds by that.
        let is_in_order = source.column_orders().and_then(|orders| orders.get(at)) == Some(&order);
        let mut metadata = chunk.clone();
        if !is_in_order {
            metadata = metadata.into_builder().clear_statistics().build()?;
        }
        let (bounds, places) = (chunk.column_index_range().filter(|_| is_in_order), chunk.offset_index_range());
        let closed = ColumnCloseResult {
            bytes_written: u64::try_from(chunk.compressed_size())?,
            rows_written: u64::try_from(group.metadata().num_rows())?,
            metadata,
            // A file can be read without these three, and with less trust than in its values.
            bloom_filter: Sbbf::read_from_column_chunk(chunk, file).ok().flatten(),
            column_index: bounds.and_then(|range| decode_column_index(&bytes(range).ok()?, physical).ok()),
            offset_index: places.and_then(|range| decode_offset_index(&bytes(range).ok()?).ok()),
        };
        to.append_column(file, closed)?;
    }
    Ok(())
}

/// Copies a column without the rows that are removed.
fn copy(from: ColumnReader, rows: &Rows, size: u64, to: &mut SerializedColumnWriter<'_>) -> Result<()> {
    match from {
        ColumnReader::BoolColumnReader(from) => Batch::copy(from, rows, size, to),
        ColumnReader::Int32ColumnReader(from) => Batch::copy(from, rows, size, to),
        ColumnReader::Int64ColumnReader(from) => Batch::copy(from, rows, size, to),
        ColumnReader::Int96ColumnReader(from) => Batch::copy(from, rows, size, to),
        ColumnReader::FloatColumnReader(from) => Batch::copy(from, rows, size, to),
        ColumnReader::DoubleColumnReader(from) => Batch::copy(from, rows, size, to),
        ColumnReader::ByteArrayColumnReader(from) => Batch::copy(from, rows, size, to),
        ColumnReader::FixedLenByteArrayColumnReader(from) => Batch::copy(from, rows, size, to),
    }
}

/// Copies one column of a text without the rows that are removed and without what is cut. A text is cut as a whole, so
/// that all of its columns are read for each of them.
fn cut(
    group: &dyn RowGroupReader,
    texts: &[usize],
    own: usize,
    rows: &Rows,
    reading: &Reading,
    to: &mut SerializedColumnWriter<'_>,
) -> Result<(), Error> {
    let text = |&column: &usize| match group.get_column_reader(column)? {
        ColumnReader::ByteArrayColumnReader(from) => {
            Ok((from, Batch::new(&group.metadata().schema_descr().column(column))))
        }
        _ => Err(ParquetError::General("a text column of another type".into())),
    };
    let mut columns: Vec<(_, Batch<ByteArrayType>)> = texts.iter().map(text).collect::<Result<_>>()?;
    let schema = group.metadata().schema_descr();
    let is_declared = texts.iter().all(|&column| is_declared_text(schema, column));
    let size = texts.iter().map(|&column| rows.batch(group.metadata(), column)).min().unwrap_or(1);
    for some in rows.batches(size) {
        for (from, batch) in &mut columns {
            batch.read(from, &some)?;
        }
        for change in rows.changes(&some).iter().filter(|change| is_cut(change)) {
            let row = place(change, &some);
            let cells: Option<Vec<usize>> = columns.iter().map(|(_, batch)| batch.value(row)).collect();
            let cells = cells.ok_or_else(|| Error::Input(CHANGED.into()))?;
            let pieces = columns.iter().zip(&cells).map(|((_, batch), &cell)| batch.values[cell].data());
            let pieces: Vec<&[u8]> = pieces.collect();
            let mut left = cuts::of_pieces(&pieces, is_declared, &reading.decoding, &change.cuts)?;
            columns[own].1.values[cells[own]] = left.swap_remove(own).into();
        }
        columns[own].1.write(rows, &some, to)?;
    }
    Ok(())
}

fn is_cut(change: &Change) -> bool {
    !change.is_removed && !change.cuts.is_empty()
}

/// Writes a column of marks.
fn add<T: DataType>(
    rows: &Rows,
    to: Option<SerializedColumnWriter<'_>>,
    value: impl Fn(Mark) -> Option<T::T>,
) -> Result<()> {
    let Some(mut to) = to else { return Ok(()) };
    let mut batch = Batch::<T>::new(to.typed::<T>().get_descriptor());
    for some in rows.batches(BATCH) {
        let mut marks = vec![None; (some.end - some.start) as usize];
        for change in rows.changes(&some) {
            marks[place(change, &some)] = change.mark.and_then(&value);
        }
        batch.definitions = marks.iter().map(|mark| i16::from(mark.is_some())).collect();
        batch.values = marks.into_iter().flatten().collect();
        batch.write(rows, &some, &mut to)?;
    }
    to.close()
}

/// The rows of a row group, counted over all groups, and what changes of them.
struct Rows {
    all: Range<u64>,
    changes: Vec<Change>,
}

impl Rows {
    fn of(first: u64, group: &RowGroupMetaData, changes: &mut Changes<'_>) -> Result<Self> {
        let all = first..first.saturating_add(u64::try_from(group.num_rows())?);
        let changes = std::iter::from_fn(|| changes.next_if(|change| change.record < all.end)).collect();
        Ok(Self { all, changes })
    }

    /// How many are not removed.
    fn left(&self) -> u64 {
        let removed = self.changes.iter().filter(|change| change.is_removed).count();
        (self.all.end - self.all.start).saturating_sub(removed as u64)
    }

    /// How many are decoded of a column at a time.
    fn batch(&self, group: &RowGroupMetaData, column: usize) -> u64 {
        let chunk = group.column(column);
        let levels = chunk.num_values().saturating_mul(4); // of four bytes each, which take none in the file
        let bytes = u64::try_from(chunk.uncompressed_size().max(levels)).unwrap_or_default();
        (BATCH_BYTES.saturating_mul(self.all.end - self.all.start) / bytes.max(1)).clamp(1, BATCH)
    }

    /// They, so many at a time.
    fn batches(&self, size: u64) -> impl Iterator<Item = Range<u64>> {
        let end = self.all.end;
        self.all.clone().step_by(size as usize).map(move |start| start..end.min(start + size))
    }

    /// What changes of some.
    fn changes(&self, some: &Range<u64>) -> &[Change] {
        let before = |row: u64| self.changes.partition_point(|change| change.record < row);
        &self.changes[before(some.start)..before(some.end)]
    }
}

/// The place of a change among some rows.
fn place(change: &Change, some: &Range<u64>) -> usize {
    (change.record - some.start) as usize
}

/// Some rows of a column.
struct Batch<T: DataType> {
    column: ColumnDescPtr,
    /// One for each value and null; none where the column can have no null.
    definitions: Vec<i16>,
    /// 0 where a row begins; none where each row is one value or null.
    repetitions: Vec<i16>,
    values: Vec<T::T>,
}

impl<T: DataType> Batch<T> {
    fn new(column: &ColumnDescPtr) -> Self {
        Self { column: column.clone(), definitions: Vec::new(), repetitions: Vec::new(), values: Vec::new() }
    }

    fn copy(mut from: ColumnReaderImpl<T>, rows: &Rows, size: u64, to: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let mut batch = Self::new(to.typed::<T>().get_descriptor());
        for some in rows.batches(size) {
            batch.read(&mut from, &some)?;
            batch.write(rows, &some, to)?;
        }
        Ok(())
    }

    /// Reads the next rows, all of them.
    fn read(&mut self, from: &mut ColumnReaderImpl<T>, some: &Range<u64>) -> Result<()> {
        let Self { definitions, repetitions, values, .. } = self;
        definitions.clear();
        repetitions.clear();
        values.clear();
        let mut count = (some.end - some.start) as usize;
        while count > 0 {
            match from.read_records(count, Some(definitions), Some(repetitions), values)? {
                (0, ..) => return Err(ParquetError::General("a column ends before the others".into())),
                (read, ..) => count -= read,
            }
        }
        Ok(())
    }

    /// Whether there is a value at a level, not a null.
    fn is_value(&self, level: usize) -> bool {
        self.definitions.get(level).is_none_or(|&level| level == self.column.max_def_level())
    }

    /// The value of a row, of which each is one value or null.
    fn value(&self, row: usize) -> Option<usize> {
        self.is_value(row).then(|| (0..row).filter(|&row| self.is_value(row)).count())
    }

    /// Writes the rows that are not removed.
    fn write(&mut self, rows: &Rows, some: &Range<u64>, to: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let mut removed = rows.changes(some).iter().filter(|change| change.is_removed).peekable();
        if removed.peek().is_some() {
            let mut is_removed = vec![false; (some.end - some.start) as usize];
            removed.for_each(|change| is_removed[place(change, some)] = true);
            self.remove(&is_removed);
        }
        let definitions = (self.column.max_def_level() > 0).then_some(self.definitions.as_slice());
        let repetitions = (self.column.max_rep_level() > 0).then_some(self.repetitions.as_slice());
        to.typed::<T>().write_batch(&self.values, definitions, repetitions)?;
        Ok(())
    }

    /// Moves the levels and values of the rows that stay to the front of those that do not.
    fn remove(&mut self, is_removed: &[bool]) {
        let levels = self.definitions.len().max(self.repetitions.len()).max(self.values.len());
        let (mut row, mut value, mut left, mut left_values) = (0, 0, 0, 0);
        for level in 0..levels {
            let is_value = self.is_value(level);
            row += usize::from(level > 0 && self.repetitions.get(level).is_none_or(|&level| level == 0));
            if !is_removed[row] {
                for levels in [&mut self.definitions, &mut self.repetitions] {
                    if let Some(&own) = levels.get(level) {
                        levels[left] = own;
                    }
                }
                left += 1;
                if is_value {
                    self.values.swap(left_values, value);
                    left_values += 1;
                }
            }
            value += usize::from(is_value);
        }
        self.definitions.truncate(left);
        self.repetitions.truncate(left);
        self.values.truncate(left_values);
    }
}

/// A destination that keeps its error, of which Parquet keeps no more than the words; after that it takes nothing.
struct Sink<'a, W> {
    out: &'a mut W,
    failed: Option<io::Error>,
}

impl<W: Write> Write for Sink<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(failed) = &self.failed {
            return Err(failed.kind().into());
        }
        self.out.write_all(bytes).map(|()| bytes.len()).map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(()) // what is around it does so
    }
}

#[cfg(test)]
mod tests;
