/** Python source as text: the byte order mark and the declared encoding, as PEP 263 has them. */

// PEP 263: a comment on line 1 or 2; the first line, too, must then be blank or a comment.
const DECLARATION = /^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)/;
const BLANK = /^[ \t\f]*(?:#.*)?$/;

export interface PythonSource {
  text: string;
  /** Why Python would refuse the bytes, whatever they say. */
  fault?: string;
}

/** Never throws: bytes that no decoder takes come out as Latin-1, with the fault named. */
export function decodePython(bytes: Buffer | string): PythonSource {
  if (typeof bytes === 'string') return checked(bytes.replace(/^\uFEFF/, ''));
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const encoding = hasMark ? 'utf-8' : (declaredEncoding(bytes) ?? 'utf-8');
  const decoder = decoderOf(encoding);
  // An encoding that only Python knows is no fault of the file.
  if (decoder === undefined) return checked(bytes.toString('latin1'));
  try {
    return checked(decoder.decode(bytes));
  } catch {
    return { text: bytes.toString('latin1'), fault: `it is not ${encoding} text` };
  }
}

function declaredEncoding(bytes: Buffer): string | undefined {
  const [first = '', second = ''] = bytes
    .subarray(0, 1024)
    .toString('latin1')
    .split(/\r\n|\r|\n/, 2);
  const declared = DECLARATION.exec(first) ?? (BLANK.test(first) ? DECLARATION.exec(second) : null);
  return declared?.[1];
}

function decoderOf(encoding: string): InstanceType<typeof TextDecoder> | undefined {
  // Python's spelling is free: `latin_1`, `utf_8`. WHATWG labels have dashes.
  const label = encoding
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/^latin-?(\d+)$/, 'latin$1');
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    return undefined;
  }
}

function checked(text: string): PythonSource {
  return text.includes('\0') ? { text, fault: 'it has a null byte' } : { text };
}
