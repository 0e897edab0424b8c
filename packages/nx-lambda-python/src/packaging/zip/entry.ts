/** One file of an archive, as its central directory describes it. */

export interface ZipEntry {
  /** Forward slashes, relative, checked: safe to use as a path. Ends in `/` for a directory. */
  path: string;
  /** APPNOTE 4.4.5: 0 is stored, 8 is deflated. */
  method: 0 | 8;
  crc32: number;
  /** Bytes at `dataOffset`. */
  compressedSize: number;
  /** Bytes once inflated. */
  size: number;
  /** Unix type and permission bits, whatever system is said to have made the archive; 0 if none. */
  mode: number;
  /** Where the local header starts. */
  localOffset: number;
  /** Where the compressed bytes start. */
  dataOffset: number;
  isDirectory: boolean;
}
