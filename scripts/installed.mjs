/** Whether the installed packages are those of the lock file. */

/**
 * `lock` is the text of package-lock.json, `installed` that of node_modules/.package-lock.json, which npm writes when it
 * has installed everything. Optional packages may be absent: most are for other systems.
 */
export function isInstalled(lock, installed) {
  if (installed === undefined) return false;
  const { packages: present } = JSON.parse(installed);
  const { '': _, ...packages } = JSON.parse(lock).packages;
  return Object.entries(packages).every(([path, { version, integrity, optional }]) => {
    const found = present[path];
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
}
