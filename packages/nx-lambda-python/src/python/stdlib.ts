/** Top-level modules of Python and of Lambda's runtimes: a service's own module of that name would hide them. */

/** What has a version of Python: a runtime of Lambda. */
interface HasPython {
  readonly python: readonly [major: number, minor: number];
}

// Source: `sys.stdlib_module_names` of Python 3.10 to 3.13, the modules of 3.9, and what's new in 3.14.
const ALWAYS = words(`
abc antigravity argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2
calendar cmath cmd code codecs codeop collections colorsys compileall concurrent configparser
contextlib contextvars copy copyreg cProfile csv ctypes curses dataclasses datetime dbm decimal
difflib dis doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput
fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip
hashlib heapq hmac html http idlelib imaplib importlib inspect io ipaddress itertools json
keyword linecache locale logging lzma mailbox marshal math mimetypes mmap modulefinder
multiprocessing netrc ntpath nturl2path numbers opcode operator optparse os pathlib pdb pickle
pickletools pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd
py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource
rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtplib socket
socketserver sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep
struct subprocess symtable sys sysconfig syslog tabnanny tarfile tempfile termios textwrap this
threading time timeit tkinter token tokenize trace traceback tracemalloc tty turtle turtledemo
types typing unicodedata unittest urllib uuid venv warnings wave weakref webbrowser wsgiref xml
xmlrpc zipapp zipfile zipimport zlib zoneinfo __future__ _abc _aix_support _ast _asyncio _bisect
_blake2 _bz2 _codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw
_collections _collections_abc _compat_pickle _compression _contextvars _csv _ctypes _curses
_curses_panel _datetime _dbm _decimal _elementtree _frozen_importlib _frozen_importlib_external
_functools _gdbm _hashlib _heapq _imp _io _json _locale _lsprof _lzma _markupbase _md5
_multibytecodec _multiprocessing _opcode _operator _osx_support _pickle _posixshmem
_posixsubprocess _py_abc _pydecimal _pyio _queue _random _sha1 _sha3 _signal _sitebuiltins
_socket _sqlite3 _sre _ssl _stat _statistics _string _strptime _struct _symtable _thread
_threading_local _tkinter _tracemalloc _uuid _warnings _weakref _weakrefset _zoneinfo
`);

// On Windows only.
const ELSEWHERE = words('msilib msvcrt nt winreg winsound');

/** What not all runtimes have: from this minor version of Python 3 on, and up to that one. */
const SOMETIMES: readonly { names: ReadonlySet<string>; since?: number; until?: number }[] = [
  { names: words('formatter parser symbol _bootlocale _peg_parser'), until: 9 },
  { names: words('binhex'), until: 10 },
  {
    names: words('asynchat asyncore distutils imp smtpd _bootsubprocess _sha256 _sha512'),
    until: 11,
  },
  {
    names: words(`aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap nis nntplib ossaudiodev
      pipes sndhdr spwd sunau telnetlib uu xdrlib _crypt`),
    until: 12,
  },
  { names: words('tomllib _tokenize _typing'), since: 11 },
  { names: words('_pydatetime _pylong _sha2'), since: 12 },
  {
    names:
      words(`_android_support _colorize _interpchannels _interpqueues _interpreters _ios_support
      _opcode_metadata _pyrepl _suggestions _sysconfig`),
    since: 13,
  },
  {
    names: words('annotationlib compression _ast_unparse _py_warnings _remote_debugging _zstd'),
    since: 14,
  },
];

/** Compiled into the interpreter, or loaded before it looks for any file: nothing hides them. */
const BUILT_IN = words(
  'atexit builtins errno faulthandler gc itertools marshal posix pwd sys time',
);

/**
 * What Lambda adds to Python's own. Sources: AWS Lambda developer guide, "Runtime-included libraries" (the AWS SDK
 * and what it requires) and "Lambda SnapStart runtime hooks for Python"; awslambdaric's own requirements.
 */
/** Modules of every Lambda runtime that are not part of Python. */
export const LAMBDA_RUNTIME = words(
  'awslambdaric bootstrap boto3 botocore dateutil jmespath runtime_client s3transfer simplejson six snapshot_restore_py urllib3',
);

/** A module with one of these names breaks the runtime itself, or every user of the AWS SDK. */
const LAMBDA_OWN = words('awslambdaric bootstrap boto3 botocore s3transfer urllib3');

const PUBLIC = new Set(
  [...ALWAYS, ...ELSEWHERE, ...SOMETIMES.flatMap(({ names }) => [...names])].filter(
    (name) => !name.startsWith('_'),
  ),
);

/** True for `json`, `email`, `boto3`: a package of that name at the top of the zip breaks its users. */
export function hidesPythonModule(name: string): boolean {
  return PUBLIC.has(name) || LAMBDA_OWN.has(name);
}

/** Whether this Python has a module of this name in its standard library. */
export function isStandard(name: string, { python: [, minor] }: HasPython): boolean {
  if (ALWAYS.has(name)) return true;
  return SOMETIMES.some(
    ({ names, since = 0, until = Infinity }) => since <= minor && minor <= until && names.has(name),
  );
}

/** Whether a module of this name in the package would take the place of the standard library's. */
export function hidesStandard(name: string, runtime: HasPython): boolean {
  return isStandard(name, runtime) && !BUILT_IN.has(name);
}

/** Whether every Lambda runtime has it although it is not part of Python. */
export function isLambdas(name: string): boolean {
  return LAMBDA_RUNTIME.has(name);
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter(Boolean));
}
