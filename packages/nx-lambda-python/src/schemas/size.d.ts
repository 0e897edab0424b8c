/** Generated from schema.json by `npm run generate`. */

/**
 * Shows what a service's package is made of, in bytes: by distribution, top directory and handler, with its growth. Unpacks nothing.
 */
export interface SizeExecutorSchema {
  /**
   * Format of the output. `html` prints text and writes `size-report.html` beside the manifest: a treemap, with tables. Each run also writes `size-report.json`, which the next build is compared with.
   */
  format?: 'text' | 'json' | 'html';
  /**
   * Millions of bytes that the package may have, unzipped, with its layer: `150`, or by distribution, where `*` is the whole: `{ "*": 150, "pandas": 70 }`. If it has more, the command fails and names what grew. Set it in CI, so that a package does not reach Lambda's limit of 262 MB unnoticed.
   */
  budget?:
    | number
    | {
        [k: string]: number;
      };
  /**
   * Build target whose package is measured. If the package is not that of the present sources, it is built again.
   */
  buildTarget?: string;
}
