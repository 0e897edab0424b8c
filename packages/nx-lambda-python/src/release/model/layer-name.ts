/** The name of a service's layer of dependencies. */

export const DEFAULT_LAYER_NAME = '{project}-dependencies';

/** What Lambda allows in a layer's name: letters, digits, `-` and `_`, 140 characters. */
export function layerName(template = DEFAULT_LAYER_NAME, project: string): string {
  const name = template.replaceAll('{project}', project);
  return name.replaceAll(/[^A-Za-z0-9-_]/g, '-').slice(0, 140);
}
