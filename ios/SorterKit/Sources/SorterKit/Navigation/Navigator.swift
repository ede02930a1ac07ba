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

/// Which tab is chosen, and which screens lie on top of each tab.
@MainActor @Observable
public final class Navigator {
  public var tab = Route.sort
  private var paths: [Route: [Route]] = [:]

  public init() {}

  /// The screens on top of a tab, the topmost last.
  public subscript(tab: Route) -> [Route] {
    get { paths[tab] ?? [] }
    set { paths[tab] = newValue }
  }

  /// Opens a screen on top of the tab that is chosen; the result always on top of sorting. A tab is chosen and cleared.
  public func go(_ route: Route) {
    if Route.tabs.contains(route) {
      tab = route
      self[tab] = []
    } else {
      if route == .result { tab = .sort }
      self[tab].removeAll { $0 == route }
      self[tab].append(route)
    }
  }

  /// One screen back.
  public func back() {
    _ = self[tab].popLast()
  }

  public var saved: String {
    ([tab] + self[tab]).map(\.text).joined(separator: "/")
  }

  /// Does nothing with what `saved` did not write.
  public func restore(_ saved: String) {
    let routes = saved.split(separator: "/").compactMap { Route(String($0)) }
    guard let first = routes.first, Route.tabs.contains(first) else { return }
    tab = first
    self[first] = Array(routes.dropFirst())
  }
}
