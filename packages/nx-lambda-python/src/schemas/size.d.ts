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
   * Release to compare with instead of the previous build: its number, as `nx releases` lists it, or `last`. Reads its record and the manifest of its package from the bucket. For CI, where no previous build is kept.
   */
  against?: string | number;
  /**
   * Stage of the releases. Default: what the deploy target has in the same configuration.
   */
  stage?: string;
  /**
   * Use the simulated account of this workspace (`.nx-lambda-python/account`) instead of AWS; its bucket and functions are created on demand, and `region`, `profile` and `endpoint` have no effect. The `local` configuration sets it. Default: what the deploy or upload target has in the same configuration.
   */
  simulated?: boolean;
  /**
   * Target of the same project that deploys; what is not set here is read from it and from its upload target.
   */
  deployTarget?: string;
  /**
   * Build target whose package is measured. If the package is not that of the present sources, it is built again.
   */
  buildTarget?: string;
}
