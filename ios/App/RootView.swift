import SorterKit
import SwiftUI

/// The bar at the bottom and what lies on top of each of its screens.
struct RootView: View {
  let app: AppModel
  let camera: Camera
  @Bindable var navigator: Navigator
  @SceneStorage("screens") private var screens = ""

  var body: some View {
    TabView(selection: $navigator.tab) {
      tab(.sort, .sort, "camera.viewfinder") {
        SortScreen(app: app, camera: app.camera, session: camera.session.preview)
      }
      tab(.schedule, .schedule, "calendar") { ScheduleScreen(app: app, model: app.schedule) }
      tab(.search, .search, "magnifyingglass") { SearchScreen(model: app.search, navigator: navigator) }
      tab(.more, .more, "ellipsis") { MoreScreen(app: app) }
    }
    .onAppear { navigator.restore(screens) }
    .onChange(of: navigator.saved) { _, saved in screens = saved }
  }

  private func tab<Content: View>(
    _ tab: Route, _ title: Key, _ symbol: String, @ViewBuilder content: () -> Content
  ) -> some View {
    NavigationStack(path: Binding(get: { navigator[tab] }, set: { navigator[tab] = $0 })) {
      content().navigationDestination(for: Route.self) { screen($0) }
    }
    .tabItem { Label(words(title), systemImage: symbol) }
    .tag(tab)
  }

  @ViewBuilder
  private func screen(_ route: Route) -> some View {
    switch route {
    case .result: ResultScreen(model: app.result, navigator: navigator)
    case .item(let id): ItemScreen(model: app.search, id: id)
    case .places: PlacesScreen(model: app.places, navigator: navigator)
    case .addPlace: AddPlaceScreen(model: app.places, navigator: navigator)
    case .models: ModelsScreen(model: app.models)
    case .about: AboutScreen(model: app.about)
    case .sort, .schedule, .search, .more: EmptyView()
    }
  }
}
