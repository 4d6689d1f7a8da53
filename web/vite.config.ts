import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** antd writes its styles into <style> elements, which the page's policy forbids: ours adopts them as
 *  style sheets. Imports of the module are relative inside its package, so no alias matches them all. */
function adoptStyles(): Plugin {
  const shim = fileURLToPath(new URL('./src/shims/dynamicCSS.ts', import.meta.url));
  return {
    name: 'adopt-styles',
    enforce: 'pre',
    resolveId(id) {
      return /(^|\/)Dom\/dynamicCSS(\.js)?$/.test(id) ? shim : undefined;
    },
  };
}

export default defineConfig({
  // Relative, so that the page works under any path of a reverse proxy.
  base: './',
  plugins: [adoptStyles(), react()],
  // The plugin has to see antd's imports, which pre-bundled packages hide.
  optimizeDeps: { esbuildOptions: { plugins: [adoptStylesForEsbuild()] } },
  build: {
    outDir: process.env['WEMOL_WEB_OUT'] ?? 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // No inline script, and nothing inlined as data: URLs.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // A test bounds what is loaded first, as it is sent.
    chunkSizeWarningLimit: 1000,
    manifest: true,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        manualChunks: (id) => (/node_modules\/(react|react-dom|scheduler)\//.test(id) ? 'react' : undefined),
      },
    },
  },
  server: {
    port: 5173,
    proxy: { '/api': { target: process.env['WEMOL_HUB'] ?? 'http://127.0.0.1:7864', ws: true } },
  },
});

function adoptStylesForEsbuild() {
  const shim = fileURLToPath(new URL('./src/shims/dynamicCSS.ts', import.meta.url));
  return {
    name: 'adopt-styles',
    setup(build: { onResolve(o: { filter: RegExp }, f: () => { path: string }): void }) {
      build.onResolve({ filter: /(^|\/)Dom\/dynamicCSS(\.js)?$/ }, () => ({ path: shim }));
    },
  };
}
