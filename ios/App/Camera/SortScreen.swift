import AVFoundation
import PhotosUI
import SorterKit
import SwiftUI

/// Point at the trash and tap.
struct SortScreen: View {
  let app: AppModel
  let camera: CameraModel
  let session: AVCaptureSession
  @State private var picked: PhotosPickerItem?

  var body: some View {
    Group {
      if app.settings.settings.household == nil {
        Note(title: words(.whereTitle), symbol: "house", text: words(.whereText)) {
          Button(words(.choosePlace)) { app.navigator.go(.addPlace) }.buttonStyle(.borderedProminent)
        }
      } else {
        screen
      }
    }
    .navigationTitle(words(.sort))
    .navigationBarTitleDisplayMode(.inline)
    .onChange(of: picked) { _, item in
      guard let item else { return }
      picked = nil
      Task { await sort(item) }
    }
  }

  private var screen: some View {
    VStack(spacing: 0) {
      picture.frame(maxWidth: .infinity, maxHeight: .infinity)
      controls.padding()
    }
    .onAppear { camera.show() }
    .onDisappear { camera.handle(.hidden) }
  }

  @ViewBuilder private var picture: some View {
    switch camera.state {
    case .off, .opening: ProgressView()
    case .live, .taking: live
    case .denied(let mayAsk):
      if mayAsk {
        Note(title: words(.cameraTitle), symbol: "camera", text: words(.cameraText)) {
          Button(words(.allowCamera)) { camera.handle(.shutter) }.buttonStyle(.borderedProminent)
        }
      } else {
        Note(title: words(.cameraDeniedTitle), symbol: "camera", text: words(.cameraDeniedText)) {
          Button(words(.openSettings)) { camera.handle(.shutter) }.buttonStyle(.borderedProminent)
        }
      }
    case .none: Note(title: words(.noCameraTitle), symbol: "camera", text: words(.noCameraText)) {}
    case .failed(let inUse):
      Note(
        title: words(inUse ? .cameraInUseTitle : .cameraBrokenTitle), symbol: "camera",
        text: words(inUse ? .cameraInUseText : .cameraBrokenText)
      ) {
        Button(words(.tryAgain)) { camera.handle(.retry) }.buttonStyle(.borderedProminent)
      }
    }
  }

  private var live: some View {
    CameraPreview(session: session)
      .contentShape(Rectangle())
      .onTapGesture { camera.handle(.shutter) }
      .accessibilityLabel(words(.cameraTitle))
      .accessibilityAddTraits(.isImage)
  }

  private var controls: some View {
    HStack {
      PhotosPicker(selection: $picked, matching: .images, preferredItemEncoding: .compatible) {
        Image(systemName: "photo.on.rectangle").font(.title2).frame(width: 56, height: 56)
      }
      .accessibilityLabel(words(.pickPhoto))
      Spacer()
      Button {
        camera.handle(.shutter)
      } label: {
        Image(systemName: "circle.inset.filled").font(.system(size: 64))
      }
      .disabled(!camera.state.isLive)
      .accessibilityLabel(words(.takePhoto))
      Spacer()
      light.frame(width: 56, height: 56)
    }
  }

  @ViewBuilder private var light: some View {
    if let isOn = camera.state.torch {
      Button {
        camera.handle(.torchPressed)
      } label: {
        Image(systemName: isOn ? "bolt.fill" : "bolt.slash").font(.title2).frame(width: 56, height: 56)
      }
      .accessibilityLabel(words(isOn ? .torchOff : .torchOn))
    }
  }

  private func sort(_ item: PhotosPickerItem) async {
    guard let photo = try? await item.loadTransferable(type: Data.self) else { return }
    app.sort(readable(photo))
  }
}
