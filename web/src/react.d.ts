import 'react';

declare module 'react' {
  interface CSSProperties {
    /** The color of a host. */
    '--host-hue'?: number;
  }
}
