import Observation

/// A screen one can be on. Its text brings it through the end of the process.
public enum Route: Hashable, Sendable {
  case sort, result, schedule, search, more
  case item(String)
  case places, addPlace, models, about

  /// The screens of the bar at the bottom, left to right.
  public static let tabs: [Route] = [.sort, .schedule, .search, .more]

  private static let plain: [String: Route] = [
    "sort": .sort, "result": .result, "schedule": .schedule, "search": .search, "more": .more, "places": .places,
    "add-place": .addPlace, "models": .models, "about": .about,
  ]
  private static let itemPrefix = "item:"

  public init?(_ text: String) {
    if text.hasPrefix(Route.itemPrefix) {
      self = .item(String(text.dropFirst(Route.itemPrefix.count)))
    } else if let route = Route.plain[text] {
      self = route
    } else {
      return nil
    }
  }

  public var text: String {
    if case .item(let id) = self { return Route.itemPrefix + id }
    return Route.plain.first { $0.value == self }?.key ?? ""
  }
}

/// Which tab is chosen, and which screens lie on top of it.
@MainActor @Observable
public final class Navigator {
  public var tab: Route
  public var path: [Route]

  public init() {
    (tab, path) = (.sort, [])
  }

  /// Opens a screen on top; a tab instead of everything.
  public func go(_ route: Route) {
    if Route.tabs.contains(route) {
      (tab, path) = (route, [])
    } else {
      path.removeAll { $0 == route }
      path.append(route)
    }
  }

  /// One screen back.
  public func back() {
    _ = path.popLast()
  }

  public var saved: String {
    ([tab] + path).map(\.text).joined(separator: "/")
  }

  /// Does nothing with what `saved` did not write.
  public func restore(_ saved: String) {
    let routes = saved.split(separator: "/").compactMap { Route(String($0)) }
    guard let first = routes.first, Route.tabs.contains(first) else { return }
    (tab, path) = (first, Array(routes.dropFirst()))
  }
}
