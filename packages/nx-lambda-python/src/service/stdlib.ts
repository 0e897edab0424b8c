/** Top-level modules that Python and Lambda bring: a service's own module of that name would hide them. */

// Source: `sys.stdlib_module_names` of Python 3.10 to 3.13, and what 3.9 and 3.14 have beside them.
const STANDARD_LIBRARY = `
abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit
audioop base64 bdb binascii binhex bisect builtins bz2 cProfile calendar cgi cgitb chunk
cmath cmd code codecs codeop collections colorsys compileall compression concurrent
configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses
datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno
faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc
genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http
idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3
linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder
msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator
optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform
plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc
pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched
secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket
socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string
stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib
tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace
traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid
venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp
zipfile zipimport zlib zoneinfo
`;

// /var/task comes first on Lambda's module path, before the runtime's own code and its boto3.
const LAMBDA_RUNTIME = 'awslambdaric bootstrap boto3 botocore s3transfer urllib3';

const TAKEN: ReadonlySet<string> = new Set(
  `${STANDARD_LIBRARY} ${LAMBDA_RUNTIME}`.split(/\s+/).filter(Boolean),
);

/** True for `json`, `email`, `boto3`: a package of that name at the top of the zip breaks its users. */
export function hidesPythonModule(name: string): boolean {
  return TAKEN.has(name);
}
