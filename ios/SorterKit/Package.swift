// swift-tools-version: 6.0
import PackageDescription

// `Engine/` holds what is built from `bindings/` and never committed: the generated Swift, the C header beside its module
// map and, for Apple's systems, the xcframework. `cargo xtask ios` and, on Linux, `cargo xtask test` fill it.
#if os(Linux)
  let library: Target = .systemLibrary(name: "KerbsideFFIFFI", path: "Engine/C")
  let link: [LinkerSetting] = [.linkedLibrary("kerbside_ffi")]
#else
  let library: Target = .binaryTarget(name: "KerbsideFFIFFI", path: "Engine/KerbsideFFI.xcframework")
  let link: [LinkerSetting] = []
#endif

let package = Package(
  name: "SorterKit",
  defaultLocalization: "en",
  platforms: [.iOS(.v17)],
  products: [
    .library(name: "SorterKit", targets: ["SorterKit"]),
    .library(name: "SorterEngine", targets: ["SorterEngine"]),
  ],
  targets: [
    library,
    .target(name: "KerbsideFFI", dependencies: ["KerbsideFFIFFI"], path: "Engine/Swift", linkerSettings: link),
    .target(name: "SorterKit", resources: [.process("Resources")]),
    .target(name: "SorterEngine", dependencies: ["KerbsideFFI", "SorterKit"]),
    .testTarget(name: "SorterKitTests", dependencies: ["SorterKit"]),
    .testTarget(name: "SorterEngineTests", dependencies: ["KerbsideFFI", "SorterEngine"]),
  ]
)
