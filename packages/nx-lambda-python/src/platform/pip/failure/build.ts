/** What a build from source lacked, by the lines that compilers and setup scripts print, and which packages have it. */

export interface Lack {
  /** `the header \`lber.h\` is missing` */
  words: string;
  /** Packages of Amazon Linux that have it; undefined if no package helps. */
  packages?: string;
}

interface Rule {
  pattern: RegExp;
  lack: (found: string) => Lack;
}

const program = (name: string): Lack => ({
  words: `the program \`${name}\` is missing`,
  packages: PACKAGES[name] ?? `the package that has \`${name}\``,
});

/** The first that matches is the cause: what comes later in the list is what compilers say after it. */
const RULES: readonly Rule[] = [
  {
    pattern: /fatal error: ([\w./+-]+\.(?:h|hpp|hh)): No such file/,
    lack: (header) => ({
      words: `the header \`${header}\` is missing`,
      packages: PACKAGES[header] ?? `the package that has \`${header}\``,
    }),
  },
  {
    pattern: /cannot find -l([\w+-]+)/,
    lack: (name) => ({
      words: `the library \`lib${name}\` is missing`,
      packages: PACKAGES[`lib${name}`] ?? `the package that has \`lib${name}.so\``,
    }),
  },
  { pattern: /(pg_config) (?:executable not found|is required)/, lack: program },
  {
    pattern:
      /can't find (Rust) compiler|(Cargo|cargo|rustc)\b[^\n]*(?:not installed|not found|not on PATH)|Rust toolchain/,
    lack: () => program('cargo'),
  },
  {
    pattern: /CMake (?:is not installed|must be installed)|Could not find CMake/i,
    lack: () => program('cmake'),
  },
  {
    pattern: /valid (pkg-config) name|(pkg-config)[^\n]* not found/,
    lack: () => program('pkg-config'),
  },
  { pattern: /libxml2 and libxslt development packages/, lack: () => program('xml2-config') },
  {
    pattern: /FileNotFoundError: \[Errno 2\] No such file or directory: '([\w+.-]+)'/,
    lack: program,
  },
  { pattern: /command '([\w+.-]+)' failed: No such file or directory/, lack: program },
  { pattern: /unable to execute '([\w+.-]+)': No such file/, lack: program },
  {
    pattern: /^\s*(?:\/bin\/)?(?:ba)?sh: (?:\d+: |line \d+: )?([\w+.-]+): (?:command )?not found/m,
    lack: program,
  },
  {
    pattern:
      /ModuleNotFoundError: No module named '([\w.]+)'|ImportError: No module named '?([\w.]+)/,
    lack: (name) => ({
      words: `its build imports the module \`${name}\`, which it does not declare`,
    }),
  },
  {
    pattern:
      /SyntaxError: Missing parentheses in call to 'print'|use_2to3 is invalid|except \w+, \w+:/,
    lack: () => ({ words: 'it is written for Python 2' }),
  },
  {
    pattern: /No matching distribution found for (.+?)(?: \(from .*)?$/m,
    lack: (name) => ({
      words: `its build requires \`${name}\`, which the index does not have for it`,
    }),
  },
  {
    pattern: /Killed signal terminated program|died with <Signals\.SIGKILL|Cannot allocate memory/,
    lack: () => ({ words: 'the compiler ran out of memory' }),
  },
];

/** Of Amazon Linux, by what they have. */
const PACKAGES: Readonly<Record<string, string>> = {
  cargo: 'cargo',
  cc: 'gcc',
  cmake: 'cmake',
  'curl-config': 'libcurl-devel',
  'curl/curl.h': 'libcurl-devel',
  'ffi.h': 'libffi-devel',
  'g++': 'gcc-c++',
  gcc: 'gcc',
  gfortran: 'gcc-gfortran',
  'jpeglib.h': 'libjpeg-turbo-devel',
  'krb5-config': 'krb5-devel',
  'lber.h': 'openldap-devel',
  'ldap.h': 'openldap-devel',
  'libpq-fe.h': 'libpq-devel',
  'libxml/xmlversion.h': 'libxml2-devel libxslt-devel',
  make: 'make',
  'mysql.h': 'mariadb-connector-c-devel',
  mysql_config: 'mariadb-connector-c-devel',
  'openssl/ssl.h': 'openssl-devel',
  pg_config: 'libpq-devel',
  'pkg-config': 'pkgconf-pkg-config',
  'Python.h': 'python3-devel',
  'sasl/sasl.h': 'cyrus-sasl-devel',
  'sql.h': 'unixODBC-devel',
  'sqlext.h': 'unixODBC-devel',
  swig: 'swig',
  'xml2-config': 'libxml2-devel libxslt-devel',
  'zlib.h': 'zlib-devel',
};

/** @param text what pip printed from the failed build on */
export function lackOf(text: string): Lack | undefined {
  for (const { pattern, lack } of RULES) {
    const match = pattern.exec(text);
    if (match) return lack(match.slice(1).find((group) => group !== undefined) ?? '');
  }
  const said = lastLine(text);
  return said === undefined ? undefined : { words: said };
}

/** The last words of the build itself, above pip's. */
function lastLine(text: string): string | undefined {
  const [body = ''] = text.split(/^\s*\[end of output\]/m, 1);
  // After the line by which pip says that a program failed.
  const lines = body
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
  const errors = lines.filter((line) => /^(\w+Error|error|ERROR|fatal)\b.*: /i.test(line));
  return errors.at(-1) ?? lines.filter((line) => /\w/.test(line)).at(-1);
}
