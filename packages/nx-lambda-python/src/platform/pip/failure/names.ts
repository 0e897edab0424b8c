/** Names that are mistaken for those of distributions. An index cannot be searched for names, so these are known. */

/** By the name of a module or of a distribution that is seldom meant. */
const MEANT: Readonly<Record<string, string>> = {
  attr: 'attrs',
  beautifulsoup: 'beautifulsoup4',
  bs4: 'beautifulsoup4',
  crypto: 'pycryptodome',
  cv: 'opencv-python-headless',
  cv2: 'opencv-python-headless',
  dateutil: 'python-dateutil',
  dotenv: 'python-dotenv',
  fitz: 'PyMuPDF',
  git: 'GitPython',
  google: 'google-cloud-core',
  jose: 'python-jose',
  jwt: 'PyJWT',
  ldap: 'python-ldap',
  magic: 'python-magic',
  mysqldb: 'mysqlclient',
  opencv: 'opencv-python-headless',
  pil: 'Pillow',
  psycopg: 'psycopg[binary]',
  serial: 'pyserial',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  usb: 'pyusb',
  yaml: 'PyYAML',
  zmq: 'pyzmq',
};

/** Distributions of the same modules that have wheels where these have none. */
const WITH_WHEELS: Readonly<Record<string, string>> = {
  psycopg2: 'psycopg2-binary',
  pycrypto: 'pycryptodome',
  mysqlclient: 'PyMySQL',
  'mysql-python': 'PyMySQL',
  'python-ldap': 'ldap3',
  pdftotext: 'pypdf',
};

/** @param name normalized */
export function meantBy(name: string): string | undefined {
  return MEANT[name];
}

export function withWheels(name: string): string | undefined {
  return WITH_WHEELS[name];
}
