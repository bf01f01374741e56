/** The option for NODE_OPTIONS that loads a file of this folder into every process of the gateway. */
export const preload = (name: 'clock' | 'memory'): string =>
  `--import=${new URL(`./${name}.js`, import.meta.url).href}`;
