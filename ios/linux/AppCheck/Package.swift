// swift-tools-version: 6.0
import PackageDescription

// Type-checks the app's own files on Linux against stand-ins for Apple's modules. Never part of the app.
let standIns: [Target.Dependency] = [
  "SwiftUI", "UIKit", "AVFoundation", "PhotosUI", "WidgetKit", "UserNotifications", "UniformTypeIdentifiers", "os",
]

@MainActor
func standIn(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: "StandIns/\(name)")
}

@MainActor
func part(_ name: String, _ more: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: standIns + [.product(name: "SorterKit", package: "SorterKit")] + more,
    exclude: name == "App" ? ["Assets.xcassets", "Support"] : [])
}

let package = Package(
  name: "AppCheck",
  dependencies: [.package(path: "../../SorterKit")],
  targets: [
    standIn("UniformTypeIdentifiers"),
    standIn("UIKit", ["UniformTypeIdentifiers"]),
    standIn("SwiftUI", ["UIKit", "UniformTypeIdentifiers"]),
    standIn("AVFoundation", ["UIKit"]),
    standIn("PhotosUI", ["SwiftUI"]),
    standIn("WidgetKit", ["SwiftUI"]),
    standIn("UserNotifications"),
    standIn("os"),
    part("App", [.product(name: "SorterEngine", package: "SorterKit")]),
    part("Widget"),
    part("Share"),
  ]
)
