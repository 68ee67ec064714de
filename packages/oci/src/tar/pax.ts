import { imageError } from "../errors.ts";

/** Records of a pax extended header: keyword -> value, both byte strings (POSIX.1-2017 pax, "pax Extended Header"). */
export type PaxRecords = Map<string, string>;

/**
 * Parses `<length> <keyword>=<value>\n` records. The length counts the whole record, so a value may contain anything,
 * also line ends and NULs; readers that search for line ends instead see other names than we do, so a length that does
 * not fit is an error.
 */
export function parsePax(data: Buffer): PaxRecords {
  const records: PaxRecords = new Map();
  let offset = 0;
  while (offset < data.length) {
    const space = data.indexOf(0x20, offset);
    const digits = space === -1 ? "" : data.toString("latin1", offset, space);
    const length = /^[1-9][0-9]{0,8}$/.test(digits) ? Number(digits) : 0;
    const end = offset + length;
    const equals = data.indexOf(0x3d, space);
    if (length === 0 || end > data.length || data[end - 1] !== 0x0a || equals === -1 || equals >= end) {
      throw imageError(
        "IMAGE_MALFORMED",
        `archive is not a valid tar: pax record at byte ${offset} has a wrong length`,
        {
          hint: "make the archive again with another tool",
        },
      );
    }
    records.set(data.toString("latin1", space + 1, equals), data.toString("latin1", equals + 1, end - 1));
    offset = end;
  }
  return records;
}

export function encodePax(records: PaxRecords): Buffer {
  let text = "";
  for (const [keyword, value] of records) {
    const rest = ` ${keyword}=${value}\n`;
    // The length includes its own digits: adding them can make one digit more.
    let length = rest.length + String(rest.length).length;
    length = rest.length + String(length).length;
    text += `${length}${rest}`;
  }
  return Buffer.from(text, "latin1");
}
